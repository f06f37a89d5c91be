/** A front end in a few lines: two backups at once, then a restore and a verify. Prints what it got as JSON. */
import { readFileSync } from 'node:fs';
import {
  describeHost,
  loadPlan,
  openOperation,
  restore,
  type StampedEvent,
  startRun,
  verify,
} from '../../src/run/operations.js';

const events: StampedEvent[] = [];
const host = describeHost(process.env);
const { signal } = new AbortController();
const outlet = (event: StampedEvent): void => void events.push(event);
const plans = await Promise.all(
  process.argv.slice(2).map((path) => loadPlan({ type: 'file', path })),
);
const runs = plans.map((plan) => startRun({ plan, host, signal, outlet }, { task: 'backup' }));
const reports = await Promise.all(runs.map(({ done }) => done));
const [plan] = plans;
if (plan === undefined) throw new Error('name two configs');
const way = {
  type: 'directory',
  directory: 'back',
  extract: false,
  raw: false,
  force: false,
} as const;
const source = { type: 'task', task: 'backup', copy: 'latest' } as const;
const recovery = { type: 'none' } as const;
const request = { source, objects: [], way, recovery, consent: { type: 'absent' } } as const;
await restore(openOperation({ plan, host, signal, outlet }), request);
const reading = { task: 'backup', copy: 'all', decode: true, sample: 1, confirmed: false };
const { found } = await verify(openOperation({ plan, host, signal, outlet }), reading);
const verdicts = found?.verdicts.map((one) => (one.type === 'verified' ? one.result : one.type));
const made = reports.map(({ id, task, failure, copy }) => ({
  id,
  task,
  failure: failure?.message,
  copy: copy?.location,
}));
const told = events.map(({ run, task, type }) => ({ run, task, type }));
console.log(
  JSON.stringify({
    reports: made,
    events: told,
    restored: readFileSync('back/a', 'utf8'),
    verdicts,
  }),
);
