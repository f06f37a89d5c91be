/** A root with copies that can be verified, and ways to do harm to them. */
import assert from 'node:assert/strict';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { callPalhm, type Ended, type PalhmOptions } from './palhm.js';
import { listPrefixes, type Site } from './site.js';

export interface VerifiedJson {
  readonly task: string;
  readonly copies: readonly {
    readonly prefix: string;
    readonly result: string;
    readonly depth: string;
    readonly read: number;
    readonly of: number;
    readonly size: number;
    readonly recorded: boolean;
    readonly problems: readonly string[];
    readonly objects: readonly {
      readonly path: string;
      readonly result: string;
      readonly problem: string | null;
    }[];
  }[];
}

export type Verified = Ended & { readonly json: VerifiedJson };

/** `palhm verify --json`, which must have printed something. */
export async function verify(
  config: string,
  args: readonly string[] = [],
  options?: PalhmOptions,
): Promise<Verified> {
  const ended = await callPalhm(['-f', config, 'verify', 'backup', '--json', ...args], options);
  assert.ok(ended.stdout !== '', ended.stderr);
  return { ...ended, json: JSON.parse(ended.stdout) as VerifiedJson };
}

/** Makes a copy and returns its directory. */
export async function makeCopy({ config, root }: Site): Promise<string> {
  const { code, stderr } = await callPalhm(['-f', config, 'run', 'backup']);
  assert.equal(code, 0, stderr);
  return join(root, (await listPrefixes(config)).at(-1) ?? '');
}

/** Changes one bit of one byte in place. Again: it is as it was. */
export function flipByte(file: string, at = 0): void {
  const fd = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ 1;
  writeSync(fd, byte, 0, 1, at);
  closeSync(fd);
}

/** What was found of each copy and each object that is not whole. */
export function problemsOf({ json }: Verified): readonly string[] {
  return json.copies.flatMap(({ problems }) => problems);
}
