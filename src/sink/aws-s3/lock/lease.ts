/** What the lock object in a bucket says. */

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Holder } from '../../../host/lock-holder.js';

export interface Lease extends Holder {
  /** Of this one taking of the lock. */
  readonly token: string;
  /** Of the host's own lock: whoever holds that one knows that the holder of this lease is dead. */
  readonly hostLock: string;
}

export function newLease(task: string, hostLock: string): Lease {
  const since = new Date().toISOString();
  return { pid: process.pid, host: hostname(), task, since, token: randomUUID(), hostLock };
}

export function renderLease(lease: Lease): string {
  return `${JSON.stringify(lease)}\n`;
}

/** Undefined for what is not one of ours, such as an object that somebody else has put there. */
export function parseLease(text: string): Pick<Lease, 'token' | 'hostLock'> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    if (!('token' in value) || !('hostLock' in value)) return undefined;
    const { token, hostLock } = value;
    return typeof token === 'string' && typeof hostLock === 'string'
      ? { token, hostLock }
      : undefined;
  } catch {
    return undefined;
  }
}
