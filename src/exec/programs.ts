/** The small programs of util-linux and coreutils that do what Node cannot, found once on palhm's own PATH. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure/failure.js';

const PACKAGES = {
  setpriv: 'util-linux',
  ionice: 'util-linux',
  nice: 'coreutils',
  env: 'coreutils',
  sh: 'dash',
} as const;
type Program = keyof typeof PACKAGES;

const found = new Map<Program, string>();

/** The absolute path. A stage's own PATH may well lack it, hence palhm's. */
export function locateProgram(program: Program): string {
  const path = found.get(program) ?? searchPath(program);
  found.set(program, path);
  return path;
}

function searchPath(program: Program): string {
  const directories = (process.env['PATH'] ?? '')
    .split(':')
    .filter((directory) => directory.startsWith('/'));
  const path = [...directories, '/usr/bin', '/bin']
    .map((directory) => join(directory, program))
    .find(isExecutable);
  if (path !== undefined) return path;
  throw new Failure({
    code: 'STAGE_NOT_STARTED',
    message: `the program ${program} is not installed`,
    hint: `install ${PACKAGES[program]}`,
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
