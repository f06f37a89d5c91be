/** The text of the lock object in a bucket. */
import { randomUUID } from 'node:crypto';
import { decode } from '../../../wire/decode.js';
import { writeJsonLine } from '../../../wire/json-text.js';
import { newHolder } from '../../../wire/lock-holder.js';
import type { LockLease } from '../../../wire/own-files.js';

export function newLease(task: string, hostLock: string): LockLease {
  return { ...newHolder(task), token: randomUUID(), hostLock };
}

export function renderLease(lease: LockLease): string {
  return writeJsonLine(lease);
}

/** Undefined for any other text, such as an object that somebody else has put there. */
export function parseLease(text: string): LockLease | undefined {
  const lease = decode('lock-lease', text);
  return lease.ok ? lease.value : undefined;
}
