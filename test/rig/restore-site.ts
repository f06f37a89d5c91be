/** A config with one task, its copy, and a directory to restore to: the real program on all of them. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { callPalhm, type Ended } from './palhm.js';
import { makeSite, type Site, type TestBackup } from './site.js';

export interface RestoreSite extends Site {
  /** Where nothing is yet. */
  readonly target: string;
  /** Makes a copy; returns its directory. */
  backup(backup: TestBackup): Promise<string>;
  /** `palhm -f CONFIG restore …`. */
  restore(...args: readonly string[]): Promise<Ended>;
  /** `palhm restore --from COPY …`, with no config at all. */
  restoreFrom(copy: string, ...args: readonly string[]): Promise<Ended>;
  /** Every file and link below the target by its path; links as `-> where`. Undefined when there is no target. */
  restored(): Readonly<Record<string, string>> | undefined;
}

/** An object that has to be decoded, and what it is then. */
export const DUMP = {
  path: 'all.sql.gz',
  stages: ['seq 1000', 'gzip -n'],
  inverses: [null, 'gzip -d'],
};
export const NUMBERS = `${Array.from({ length: 1000 }, (_, index) => index + 1).join('\n')}\n`;

export function makeRestoreSite(): RestoreSite {
  const site = makeSite();
  const target = join(site.directory, 'target');
  return {
    ...site,
    target,
    async backup(backup) {
      site.write(backup);
      const before = copiesIn(site.root);
      const { code, stderr } = await callPalhm(['-f', site.config, 'run', 'backup']);
      assert.equal(code, 0, stderr);
      const [made = '', ...others] = copiesIn(site.root).filter((name) => !before.includes(name));
      assert.deepEqual(others, []);
      return join(site.root, made);
    },
    restore: (...args) => callPalhm(['-f', site.config, 'restore', ...args]),
    restoreFrom: (copy, ...args) => callPalhm(['restore', '--from', copy, ...args]),
    restored: () => (existsSync(target) ? filesBelow(target) : undefined),
  };
}

function copiesIn(root: string): readonly string[] {
  return existsSync(root) ? readdirSync(root).filter((name) => !name.startsWith('.')) : [];
}

export function filesBelow(directory: string): Readonly<Record<string, string>> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [
        relative(directory, path),
        entry.isFile() ? readFileSync(path, 'utf8') : '->',
      ] as const;
    });
  return Object.fromEntries(files.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** Turns one byte of a file into another. */
export function flipByte(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 0x20;
  writeFileSync(file, bytes);
}

/** Changes the manifest of a copy as somebody with an editor would. */
export function editManifest(copy: string, edit: (manifest: EditedManifest) => void): void {
  const file = join(copy, '.palhm-manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as EditedManifest;
  edit(manifest);
  writeFileSync(file, JSON.stringify(manifest));
}

export interface EditedManifest {
  [key: string]: unknown;
  objects: EditedObject[];
}

export interface EditedObject {
  path: string;
  volumes?: string[];
  apply?: string[][];
  stages: { argv: string[]; inverse: string[] | null }[];
  [key: string]: unknown;
}

export function assertFailed({ code, stderr }: Ended, exit: number, ...words: RegExp[]): void {
  assert.equal(code, exit, stderr);
  assert.doesNotMatch(stderr, /DEFECT/);
  for (const word of words) assert.match(stderr, word);
}
