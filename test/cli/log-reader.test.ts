/** The log goes to a pipe whose reader does not read, or not in time. The run is neither held up nor lost by it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { after, afterEach, before, beforeEach, it } from 'node:test';
import { openPipe } from '../../src/host/pipes.js';
import { leftoversIn, readWholeCopy } from '../rig/copies.js';
import { type LoggedEvent, PALHM } from '../rig/palhm.js';
import { openRig, type Rig } from '../rig/rig.js';
import { listPrefixes, makeSite, type Site } from '../rig/site.js';

/** Some megabytes as JSON: more than a pipe and the bound take. */
const LINES = 20_000;

let site: Site;
let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(() => rig.close());
beforeEach(() => {
  site = makeSite();
});
afterEach(() => site.remove());

/** One object that says a lot, and then one that the test commands. */
function writeTalkative(name: string): void {
  const commanded = rig.argv(name).map((word) => `'${word}'`);
  site.write({
    objects: [
      { path: 'talk', stages: [`seq 1 ${LINES} >&2; echo a`] },
      { path: 'wait', stages: [`exec ${commanded.join(' ')}`], group: 'later' },
    ],
    groups: [{ id: 'default' }, { id: 'later', depends: ['default'] }],
  });
}

interface Logging {
  readonly palhm: ChildProcess;
  readonly ended: Promise<unknown[]>;
  /** The reading end of its stderr, which nobody reads yet. */
  readonly log: number;
}

async function startBackup(): Promise<Logging> {
  const { readEnd, writeEnd } = await openPipe();
  const palhm = spawn(
    process.execPath,
    [PALHM, '-v', '--log-format', 'json', '-f', site.config, 'run', 'backup'],
    { stdio: ['ignore', 'ignore', writeEnd] },
  );
  closeSync(writeEnd);
  return { palhm, ended: once(palhm, 'exit'), log: readEnd };
}

async function confirmCopy(): Promise<void> {
  const [prefix = ''] = await listPrefixes(site.config);
  assert.equal(readWholeCopy(site.root, prefix).size, 2);
  assert.deepEqual(leftoversIn(site.root), []);
}

it('a log that nobody reads neither stops the run nor keeps palhm from ending', async () => {
  writeTalkative('unread');
  const { palhm, ended, log } = await startBackup();
  const stage = await rig.invoked('unread');
  await stage.end({ do: 'exit', code: 0 });
  assert.deepEqual(await ended, [0, null], String(palhm.pid));
  closeSync(log);
  await confirmCopy();
});

it('the exit code of a run whose log nobody reads is that of the run', async () => {
  site.write({ objects: [{ path: 'talk', stages: [`seq 1 ${LINES} >&2; exit 1`] }] });
  const { ended, log } = await startBackup();
  assert.deepEqual(await ended, [1, null]);
  closeSync(log);
});

it('a reader that comes late is told how much it missed, and reads how it ended', async () => {
  writeTalkative('late');
  const { ended, log } = await startBackup();
  const stage = await rig.invoked('late');
  const reading = text(createReadStream('', { fd: log }));
  await stage.end({ do: 'exit', code: 0 });
  assert.deepEqual(await ended, [0, null]);
  const lines = (await reading).trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as LoggedEvent);
  const count = (kind: string): number => events.filter(({ event }) => event === kind).length;
  const missed = events.reduce((sum, event) => sum + Number(event['count'] ?? 0), 0);
  assert.ok(count('missed') > 0 && count('stage-output') < LINES);
  assert.ok(count('stage-output') + missed >= LINES);
  assert.equal(count('copy-committed'), 1);
  assert.equal(events.at(-1)?.event, 'run-finished');
  await confirmCopy();
});
