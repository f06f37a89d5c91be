/**
 * A palhm that freezes, says so, and waits until it is killed. It says as well what it finds frozen by one that is dead.
 * usage: node doomed-freeze.js DIRECTORY
 */
import { join } from 'node:path';
import { NO_HOOKS } from '../../../src/config/plan/hooks.js';
import type { Event } from '../../../src/events/events.js';
import { runContext } from '../../../src/run/objects/run-context.js';
import { forTask, openOperation } from '../../../src/run/operation/operation.js';
import { whileFrozen } from '../../../src/run/snapshots/freeze.js';
import { planOf, shell } from '../../rig/plans.js';

const [, , directory = ''] = process.argv;
const { signal } = new AbortController();
const host = { name: 'h', clock: Date.now, environment: process.env };
const tell = (event: Event): void => {
  if (event.type === 'leftover-removed') process.stdout.write(`left: ${event.what}\n`);
};
const operation = forTask(
  openOperation({ plan: planOf([]), host, outlet: tell, signal }),
  'doomed',
);
const context = { ...runContext(operation, { task: 'doomed' }), environment: {} };
const hooked = { part: 'group', name: directory, hooks: NO_HOOKS, context, signal } as const;
const frozen = join(directory, 'frozen');
const means = {
  type: 'pair',
  freeze: [shell(`touch ${frozen}`)],
  thaw: [
    // With 1 it says that there was nothing to thaw, or that it is tired: both are good.
    shell(
      `test -e ${join(directory, 'refused')} && exit 2; rm ${frozen} && echo thawed >> ${join(directory, 'log')}; exit 1`,
      { accepted: { min: 0, max: 1 } },
    ),
  ],
} as const;
const place = { file: 'test.jsonc', line: 1, column: 1 };
await whileFrozen(
  operation,
  {
    hooked,
    reads: 'its snapshot was taken',
    plan: { place, max: { ms: 60_000 }, means },
    onThawed: () => undefined,
    onPrinted: () => undefined,
  },
  () => {
    process.stdout.write('frozen\n');
    return new Promise(() => setInterval(() => undefined, 1000));
  },
);
