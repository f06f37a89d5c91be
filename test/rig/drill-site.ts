/** A copy of two small objects, and drills of it by the real program, with shell scripts for servers and clients. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Ended,
  type RunningPalhm,
  startPalhm,
  type WatchedPalhm,
  watchPalhm,
} from './palhm.js';
import { processesWith } from './processes.js';
import { makeSite } from './site.js';

export const script = (text: string): object => ({
  type: 'exec-inline',
  argv: ['sh', '-c', text],
});

/** Something that goes on in the background, such as a server. */
export const SERVER = script('sleep 1000 >/dev/null 2>&1 &');

/** What a pipeline of a restore is; `cat >numbers`, in the scratch directory, unless told. */
export const restored = (text = 'cat >numbers', object = 'numbers'): object => ({
  object,
  pipeline: [script(text)],
});

interface Declared {
  readonly [key: string]: unknown;
  readonly restore?: readonly object[];
}

interface DrillSite {
  readonly directory: string;
  /** TMPDIR. */
  readonly scratch: string;
  /** Of the copy. */
  fileOf(path: string): string;
  readonly prefix: string;
  /** In a process of its own. */
  start(...args: readonly string[]): RunningPalhm;
  /** In this process. */
  watch(args: readonly string[], tmp?: string): WatchedPalhm;
  /** Undefined: no drill. It restores `numbers` unless told; `objects` are added to the config alone. */
  configure(drill: Declared | undefined, objects?: readonly string[]): void;
  drill(declared: Declared, ...args: string[]): Promise<Ended>;
  /** An exec that leaves a file of this name outside of the scratch directory. */
  leave(name: string, then?: string): object;
  has(name: string): boolean;
  record(): Record<string, unknown> | undefined;
  forget(): void;
  /** Neither a directory nor a process of any drill is left. */
  assertGone(): void;
  remove(): void;
}

const OBJECTS = [
  { path: 'numbers', stages: ['seq 1 100000'] },
  { path: 'more/letters', stages: ['echo a b c'] },
];

export async function makeDrillSite(): Promise<DrillSite> {
  const mark = `DRILL_TEST=${randomUUID()}`;
  const site = makeSite();
  const { directory, root, config } = site;
  const scratch = join(directory, 't');
  mkdirSync(scratch);
  const log = ['-f', config, '--log-format', 'json'];
  const env = { TMPDIR: scratch, DRILL_TEST: mark.slice('DRILL_TEST='.length) };
  const watch: DrillSite['watch'] = (args, tmp = scratch) =>
    watchPalhm([...log, ...args], { env: { ...env, TMPDIR: tmp } });
  const configure: DrillSite['configure'] = (drill, objects = []) =>
    site.write({
      objects: [...OBJECTS, ...objects.map((path) => ({ path, stages: ['true'] }))],
      ...(drill === undefined ? {} : { drill: { restore: [restored()], ...drill } }),
    });
  configure(undefined);
  const { code, stderr } = await watch(['run', 'backup']).ended;
  assert.equal(code, 0, stderr);
  const prefix = readdirSync(root).find((name) => !name.startsWith('.')) ?? '';
  const recordFile = join(root, prefix, '.palhm-drill.json');
  return {
    directory,
    scratch,
    prefix,
    fileOf: (path) => join(root, prefix, path),
    start: (...args) => startPalhm([...log, ...args], { env }),
    watch,
    configure,
    drill(declared, ...args) {
      configure(declared);
      return watch(['drill', 'backup', ...args]).ended;
    },
    leave: (name, then = 'true') => script(`touch "${join(directory, name)}"; ${then}`),
    has: (name) => existsSync(join(directory, name)),
    record: () =>
      existsSync(recordFile)
        ? (JSON.parse(readFileSync(recordFile, 'utf8')) as Record<string, unknown>)
        : undefined,
    forget: () => rmSync(recordFile, { force: true }),
    assertGone() {
      assert.deepEqual(readdirSync(scratch), []);
      assert.deepEqual(processesWith(mark), []);
    },
    remove: () => site.remove(),
  };
}
