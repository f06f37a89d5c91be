/** Configs of one task `backup` for the real program, and what its root holds. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callPalhm, type PalhmOptions, runPalhm } from './palhm.js';
import { makeScratch } from './scratch.js';

export interface TestObject {
  readonly path: string;
  /** Shell scripts, one for each stage. */
  readonly stages: readonly string[];
  readonly group?: string;
  readonly 'alloc-size'?: number | string;
  /** Shell scripts that undo the stages, the first stage's first; null: none. */
  readonly inverses?: readonly (string | null)[];
  readonly restore?: readonly object[];
  readonly expect?: object;
}

/** For tests that are not about what is backed up. */
export const SMALL_OBJECTS: readonly TestObject[] = [{ path: 'o', stages: ['echo text'] }];

export interface TestBackup {
  readonly objects: readonly TestObject[];
  readonly groups?: readonly { readonly id: string; readonly depends?: readonly string[] }[];
  /** Of `backend-param`, beside the root. */
  readonly param?: Readonly<Record<string, unknown>>;
  readonly workers?: number;
  readonly drill?: object;
  readonly sign?: object;
}

/** A directory with a config in it for the one task `backup`. */
export interface Site {
  readonly directory: string;
  readonly config: string;
  readonly root: string;
  write(backup: TestBackup): void;
  remove(): void;
}

export function makeSite(root?: string): Site {
  const directory = makeScratch();
  const config = join(directory, 'palhm.jsonc');
  const where = root ?? join(directory, 'root');
  return {
    directory,
    config,
    root: where,
    write: (backup) => writeFileSync(config, JSON.stringify(configOf(where, backup))),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

export function configOf(root: string, backup: TestBackup, backend = 'localfs'): object {
  const { objects, groups = [{ id: 'default' }], param = {}, workers = 3, drill, sign } = backup;
  return {
    'nb-workers': workers,
    tasks: [
      {
        id: 'backup',
        type: 'backup',
        backend,
        'backend-param': { root, ...param },
        'object-groups': groups,
        objects: objects.map(describeObject),
        ...(drill === undefined ? {} : { drill }),
        ...(sign === undefined ? {} : { sign }),
      },
    ],
  };
}

/** An object as it is in a config. */
export function describeObject(object: TestObject): object {
  const { stages, group = 'default', inverses = [], ...more } = object;
  const pipeline = stages.map((script, index) => {
    const inverse = inverses[index] ?? null;
    const stage = { type: 'exec-inline', argv: ['sh', '-c', script] };
    return inverse === null
      ? stage
      : Object.assign(stage, { inverse: { argv: ['sh', '-c', inverse] } });
  });
  return { ...more, group, pipeline };
}

/** The prefixes that `palhm list --json` shows, oldest first. */
export async function listPrefixes(config: string, options?: PalhmOptions): Promise<string[]> {
  // The SDK of S3 looks for credentials and for its endpoint in the environment of its process.
  const call = options?.env === undefined ? callPalhm : runPalhm;
  const { code, stdout, stderr } = await call(['-f', config, 'list', '--json'], options);
  assert.equal(code, 0, stderr);
  const { copies } = JSON.parse(stdout) as { copies: { prefix: string }[] };
  return copies.map(({ prefix }) => prefix);
}
