import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when it is so. For what nothing tells of: to look without a pause takes the processor from what is waited for. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(2);
}

/** Resolves when something is written in the file. */
export async function untilWritten(file: string): Promise<void> {
  await until(() => existsSync(file) && readFileSync(file, 'utf8') !== '');
}
