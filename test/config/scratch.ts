/** Configs on disk and in memory. Their directories are removed when the test's process ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadPlan } from '../../src/config/load.js';
import type { Plan } from '../../src/config/plan/plan.js';

const base = mkdtempSync(join(tmpdir(), 'palhm-test-'));
process.once('exit', () => rmSync(base, { recursive: true, force: true }));

export function makeScratch(): Promise<string> {
  return mkdtemp(join(base, 'scratch-'));
}

/** A new directory with these files, from their relative paths to their texts. */
export async function makeTree(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await makeScratch();
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  return root;
}

export function loadFile(path: string): Promise<Plan> {
  return loadPlan({ type: 'file', path });
}

/** Relative paths in the text are below `/etc/palhm`. */
export function loadText(text: string): Promise<Plan> {
  return loadPlan({ type: 'text', text, name: 'text', directory: '/etc/palhm' });
}
