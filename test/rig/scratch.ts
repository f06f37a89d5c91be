/** Directories for a test file. They are removed when its process ends, whatever has become of the tests. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

let base: string | undefined;

/** A new directory, which is empty. */
export function makeScratch(): string {
  base ??= makeBase();
  return mkdtempSync(join(base, 'scratch-'));
}

function makeBase(): string {
  // What other users may write is not what the tests expect, whatever the umask of who runs them is.
  process.umask(0o022);
  const directory = mkdtempSync(join(tmpdir(), 'palhm-test-'));
  // Some tests let another user into what is below.
  chmodSync(directory, 0o711);
  // Every run thaws what dead ones have left frozen: not that of other tests.
  process.env['PALHM_RUNTIME_DIRECTORY'] = directory;
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A new directory with these files, from their relative paths to their texts. */
export function makeTree(files: Readonly<Record<string, string>>): string {
  const root = makeScratch();
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return root;
}
