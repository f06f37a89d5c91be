/** The small programs that do what Node cannot, found once on palhm's own PATH. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure/failure.js';

const PACKAGES = {
  setpriv: 'util-linux',
  ionice: 'util-linux',
  nice: 'coreutils',
  env: 'coreutils',
  tee: 'coreutils',
  sh: 'dash',
  flock: 'util-linux',
  fallocate: 'util-linux',
  getent: 'libc-bin',
  sync: 'coreutils',
} as const;
type Program = keyof typeof PACKAGES;

const found = new Map<string, string>();

/** The absolute path. A stage's own PATH may well lack it, hence palhm's. Failure STAGE_NOT_STARTED. */
export function locateProgram(program: Program): string {
  const path = findProgram(program);
  if (path !== undefined) return path;
  throw new Failure({
    code: 'STAGE_NOT_STARTED',
    message: `the program ${program} is not installed`,
    hint: `install ${PACKAGES[program]}`,
  });
}

/** The package of Debian that has a program; undefined when it is none of those that palhm knows. */
export function packageOf(program: string): string | undefined {
  return new Map<string, string>(Object.entries(PACKAGES)).get(program);
}

/** The absolute path, also when palhm's PATH is empty or of no use; undefined when the program is not there. */
export function findProgram(program: string): string | undefined {
  if (program.includes('/')) return program;
  const path = found.get(program) ?? searchPath(program);
  if (path !== undefined) found.set(program, path);
  return path;
}

function searchPath(program: string): string | undefined {
  const directories = (process.env['PATH'] ?? '')
    .split(':')
    .filter((directory) => directory.startsWith('/'));
  return [...directories, '/usr/bin', '/bin']
    .map((directory) => join(directory, program))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
