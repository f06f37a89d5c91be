/** The log goes to a pipe whose reader does not read, or not in time. The run is neither held up nor lost by it. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  createReadStream,
  existsSync,
  readFileSync,
  readSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openPipe } from '../../src/host/pipes.js';
import { commandStages } from '../rig/commanded.js';
import { leftoversIn, readWholeCopy } from '../rig/copies.js';
import { callPalhm, type LoggedEvent } from '../rig/palhm.js';
import { listPrefixes } from '../rig/site.js';
import { until } from '../rig/until.js';

const IMPATIENT = fileURLToPath(new URL('../rig/impatient.js', import.meta.url));
/** Some megabytes as JSON: more than a pipe and the bound take. */
const LINES = 20_000;

const at = commandStages();

/** One object that says a lot, and then one that the test commands. */
function writeTalkative(name: string, talk = `seq 1 ${LINES} >&2; echo a`): void {
  at.site.write({
    objects: [
      { path: 'talk', stages: [talk] },
      { path: 'wait', stages: [at.script(name)], group: 'later' },
    ],
    groups: [{ id: 'default' }, { id: 'later', depends: ['default'] }],
  });
}

interface Logging {
  readonly palhm: ChildProcess;
  readonly ended: Promise<unknown[]>;
}

interface Start {
  readonly runningMs?: number;
  readonly endingMs?: number;
  readonly verbosity?: readonly string[];
  readonly stdout?: number;
}

/** `log`: where its stderr goes. */
function startBackup(log: number, start: Start = {}): Logging {
  const { runningMs = 50, endingMs = 100, verbosity = ['-v'], stdout = 'ignore' } = start;
  const args = [...verbosity, '--log-format', 'json', '-f', at.site.config, 'run', 'backup'];
  const palhm = spawn(process.execPath, [IMPATIENT, String(runningMs), String(endingMs), ...args], {
    stdio: ['ignore', stdout, log, 'ipc'],
  });
  return { palhm, ended: once(palhm, 'exit') };
}

/** `log`: the reading end of its stderr, which nobody reads yet. */
async function startUnread(start?: Start): Promise<Logging & { readonly log: number }> {
  const { readEnd, writeEnd } = await openPipe();
  const started = startBackup(writeEnd, start);
  closeSync(writeEnd);
  return { ...started, log: readEnd };
}

async function confirmCopy(): Promise<void> {
  const [prefix = ''] = await listPrefixes(at.site.config);
  assert.equal(readWholeCopy(at.site.root, prefix).size, 2);
  assert.deepEqual(leftoversIn(at.site.root), []);
}

/** The most memory that the process had so far, in MiB. */
function peakMemory({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

it('a log that nobody reads neither stops the run nor keeps palhm from ending', async () => {
  writeTalkative('unread');
  const { palhm, ended, log } = await startUnread();
  const stage = await at.rig.invoked('unread');
  await stage.end({ do: 'exit', code: 0 });
  assert.deepEqual(await ended, [0, null], String(palhm.pid));
  closeSync(log);
  await confirmCopy();
});

it('the exit code of a run whose log nobody reads is that of the run', async () => {
  at.site.write({ objects: [{ path: 'talk', stages: [`seq 1 ${LINES} >&2; exit 1`] }] });
  const { ended, log } = await startUnread();
  assert.deepEqual(await ended, [1, null]);
  closeSync(log);
});

it('not even where a program has made the one pipe of stdout and stderr blocking', async () => {
  const routine = ['true', `seq 1 ${LINES} >&2`].map((script) => ({
    type: 'exec-inline',
    argv: ['sh', '-c', script],
  }));
  writeFileSync(
    at.site.config,
    JSON.stringify({ tasks: [{ id: 'backup', type: 'routine', routine }] }),
  );
  const { readEnd, writeEnd } = await openPipe();
  const { ended } = startBackup(writeEnd, { stdout: writeEnd });
  closeSync(writeEnd);
  assert.deepEqual(await ended, [0, null]);
  closeSync(readEnd);
});

/** Two ends of a socket: the one for stdout and stderr of palhm, the other one for its reader, who does not read yet. */
async function connect() {
  const path = join(at.site.directory, 'socket');
  const server = createServer().listen(path);
  await once(server, 'listening');
  const connecting = once(server, 'connection');
  const client = createConnection(path);
  await once(client, 'connect');
  const [reader] = await connecting;
  reader.pause();
  server.close();
  return { client, reader };
}

function writeRoutine(...scripts: readonly string[]): void {
  const routine = scripts.map((script) => ({ type: 'exec-inline', argv: ['sh', '-c', script] }));
  const tasks = [{ id: 'backup', type: 'routine', routine }];
  writeFileSync(at.site.config, JSON.stringify({ tasks }));
}

/** With the config of the test, and the patience of a test. */
function startRoutine(both: Socket): ChildProcess {
  const args = ['-v', '-f', at.site.config, 'run', 'backup'];
  return spawn(process.execPath, [IMPATIENT, '50', '100', ...args], {
    stdio: ['ignore', both, both, 'ipc'],
  });
}

it('nor where the two are one socket, as for the journal, and a program has inherited it', async () => {
  const last = join(at.site.directory, 'last');
  writeRoutine('echo said', `seq 1 ${LINES} >&2`, `echo $$ >${last}; exec sleep 60`);
  const { client, reader } = await connect();
  const palhm = startRoutine(client);
  const ended = once(palhm, 'exit');
  await until(() => existsSync(last));
  palhm.kill('SIGTERM');
  assert.deepEqual(await ended, [143, null]);
  client.destroy();
  assert.match(await text(reader), /^said$/m);
});

it('and when the reader of that socket goes away, the program that writes ends as on a pipe', async () => {
  const ready = join(at.site.directory, 'ready');
  const go = join(at.site.directory, 'go');
  execFileSync('mkfifo', [go]);
  writeRoutine(`echo >${ready}; read -r line <${go}; exec seq 1 1000000`);
  const { client, reader } = await connect();
  const ended = once(startRoutine(client), 'exit');
  await until(() => existsSync(ready));
  client.destroy();
  reader.destroy();
  writeFileSync(go, '\n');
  assert.deepEqual(await ended, [1, null]);
});

it('not even where it is a terminal whose connection stands still', async () => {
  writeTalkative('terminal');
  const ended = join(at.site.directory, 'ended');
  execFileSync('mkfifo', [ended]);
  const line = `node ${IMPATIENT} 50 100 -f ${at.site.config} -v run backup; echo $? >${ended}`;
  // Nobody reads what script(1) reads of its terminal.
  const terminal = spawn('script', ['-qc', line, '/dev/null'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const stage = await at.rig.invoked('terminal');
  await stage.end({ do: 'exit', code: 0 });
  assert.equal(await readFile(ended, 'utf8'), '0\n');
  terminal.kill('SIGKILL');
  await confirmCopy();
});

it('a signal ends at once a palhm that only waits for its log, with the exit code of the run', async () => {
  at.site.write({ objects: [{ path: 'talk', stages: [`seq 1 ${LINES} >&2; echo a`] }] });
  const { palhm, ended, log } = await startUnread({ endingMs: 1e9 });
  await once(palhm, 'message');
  palhm.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
  closeSync(log);
});

it('a reader that comes late is told how much it missed, and reads how it ended', async () => {
  writeTalkative('late');
  const { ended, log } = await startUnread({ endingMs: 60_000 });
  const stage = await at.rig.invoked('late');
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

for (const [size, verbosity] of [
  ['100M', []],
  ['10M', ['-v']],
] as const) {
  it(`a stage that prints ${size}B, and a log that nobody reads, cost little memory`, async () => {
    const print = `yes '${'a row of a customer, '.repeat(20)}' | head -c ${size} >&2; echo a`;
    writeTalkative(size, print);
    const { palhm, ended, log } = await startUnread({ verbosity });
    const stage = await at.rig.invoked(size);
    assert.ok(peakMemory(palhm) < 250, `${peakMemory(palhm)} MiB`);
    await stage.end({ do: 'exit', code: 0 });
    assert.deepEqual(await ended, [0, null]);
    closeSync(log);
  });
}

it('a stage waits for a log that is read slowly, and no line is lost', async () => {
  const print = `yes '${'a line of some length, '.repeat(8)}' | head -n ${LINES} >&2; echo a`;
  writeTalkative('slow', print);
  const { ended, log } = await startUnread({ runningMs: 60_000, endingMs: 60_000 });
  let logged = '';
  const chunk = Buffer.alloc(4096);
  const stage = at.rig.invoked('slow').then((invoked) => invoked.end({ do: 'exit', code: 0 }));
  // In turn with the events of the test itself: slower than palhm writes.
  for (let size = -1; size !== 0; ) {
    await new Promise(setImmediate);
    size = readSync(log, chunk);
    logged += chunk.subarray(0, size).toString();
  }
  await stage;
  assert.deepEqual(await ended, [0, null]);
  closeSync(log);
  assert.doesNotMatch(logged, /"event":"missed"/);
  assert.equal(logged.match(/"event":"stage-output"/g)?.length, LINES);
});

it('of a stage that prints without end, the log gets the first lines, the last, and their number', async () => {
  at.site.write({ objects: [{ path: 'rows', stages: ['seq -f "row %05g" 1 20000 >&2; exit 1'] }] });
  const { code, stderr } = await callPalhm(['-f', at.site.config, 'run', 'backup']);
  assert.equal(code, 1);
  const lines = stderr.split('\n').filter((line) => line.startsWith('rows sh | '));
  assert.equal(lines[199], 'rows sh | row 00200');
  assert.equal(
    lines[200],
    `rows sh | … ${(20_000 - (lines.length - 1)).toLocaleString('en')} lines left out`,
  );
  assert.equal(lines.at(-1), 'rows sh | row 20000');
  assert.ok(lines.slice(201).join('\n').length < 2 * 32 * 1024);
});
