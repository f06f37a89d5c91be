/** Looks at a root as a person would with sha256sum: whether the copies in it are whole. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { MANIFEST_NAME } from '../../src/copy/manifest.js';
import { parseManifest } from '../../src/wire/parse-manifest.js';

/** SHA-256 by path of every object of a copy, read from the files; fails when they are not what the manifest says. */
export function readWholeCopy(root: string, prefix: string): Map<string, string> {
  const directory = join(root, prefix);
  const manifest = parseManifest(readFileSync(join(directory, MANIFEST_NAME), 'utf8'));
  assert.equal(manifest.prefix, prefix);
  const found = new Map(
    filesBelow(directory)
      .filter((path) => path !== MANIFEST_NAME)
      .map((path) => [path, readFileSync(join(directory, path))]),
  );
  const paths = manifest.objects.map(({ path }) => path);
  assert.deepEqual([...found.keys()].sort(), paths.sort(), `the files of ${prefix}`);
  const hashes = new Map<string, string>();
  for (const { path, size, sha256 } of manifest.objects) {
    const bytes = found.get(path) ?? Buffer.alloc(0);
    assert.equal(bytes.length, size, `the size of ${path} of ${prefix}`);
    const hash = createHash('sha256').update(bytes).digest('hex');
    assert.equal(hash, sha256, `the hash of ${path} of ${prefix}`);
    hashes.set(path, hash);
  }
  return hashes;
}

/** A copy as the original PALHM makes them: with one small file and no manifest. */
export function plantOriginal(root: string, prefix: string): void {
  mkdirSync(join(root, prefix), { recursive: true });
  writeFileSync(join(root, prefix, 'o'), 'text');
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
}

/** What lies in the root beside copies: nothing but the lock, in good order. */
export function leftoversIn(root: string): string[] {
  return readdirSync(root).filter((name) => name.startsWith('.') && name !== '.palhm-lock');
}

/** All files below, each with its hash and the instant of its last change: what shows that nobody has written to any. */
export function hashTree(top: string): readonly string[] {
  const paths = filesBelow(top);
  assert.notDeepEqual(paths, []);
  return paths.toSorted().map((path) => {
    const hash = createHash('sha256')
      .update(readFileSync(join(top, path)))
      .digest('hex');
    return `${path} ${hash} ${statSync(join(top, path)).mtimeMs}`;
  });
}
