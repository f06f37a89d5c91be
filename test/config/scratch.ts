/** Directories that are gone when the test's process is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const base = mkdtempSync(join(tmpdir(), 'palhm-test-'));
process.once('exit', () => rmSync(base, { recursive: true, force: true }));

export function makeScratch(): Promise<string> {
  return mkdtemp(join(base, 'scratch-'));
}
