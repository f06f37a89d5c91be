/** A stand for the freezes of a test file; what is frozen is a file that exists. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import type { FreezeMeans } from '../../../src/config/plan/plan.js';
import { shell } from '../../rig/plans.js';
import { openStand, type Stand } from '../../rig/stand.js';
import { freezeIn } from './freezing.js';

export let stand: Stand;
beforeEach(() => {
  stand = openStand();
});
afterEach(() => stand.close());

export const file = (name: string): string => join(stand.directory, name);
export const isFrozen = (): boolean => existsSync(file('frozen'));
export const freeze: ReturnType<typeof freezeIn> = (...args) => freezeIn(stand)(...args);

export function pair(
  start = `touch ${file('frozen')}`,
  end = `rm -f ${file('frozen')}`,
): FreezeMeans {
  return { type: 'pair', freeze: [shell(start)], thaw: [shell(end)] };
}
