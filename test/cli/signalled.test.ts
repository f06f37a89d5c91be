/** The program, and the signals that are sent to it. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { commandStages } from '../rig/commanded.js';
import { PALHM } from '../rig/palhm.js';
import { isAlive } from '../rig/processes.js';

const JSON_LOG = ['-v', '--log-format', 'json'];
const at = commandStages();

const { start, writeStage } = at;

function makeFifo(): string {
  const path = join(at.site.directory, 'fifo');
  execFileSync('mkfifo', [path]);
  return path;
}

function namesOf(running: unknown): readonly string[] {
  return (running as readonly { readonly name: string }[]).map(({ name }) => name);
}

/** The addresses at which a process waits for connections, proc(5). */
function listeningOf(pid: number | undefined): readonly string[] {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`)),
  );
  const sockets = ['tcp', 'tcp6'].flatMap((kind) =>
    readFileSync(`/proc/net/${kind}`, 'utf8').trim().split('\n').slice(1),
  );
  const LISTEN = '0A';
  return sockets
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, , , state, , , , , , inode = '']) => state === LISTEN && own.has(`socket:[${inode}]`),
    )
    .map(([, address = '']) => address);
}

describe('signals', () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGQUIT', 143],
    ['SIGUSR2', 143],
    ['SIGXCPU', 143],
  ] as const) {
    it(`${signal} rolls back and ends with ${code}`, async () => {
      writeStage(signal);
      const palhm = start('run', 'backup');
      const stage = await at.rig.invoked(signal);
      await stage.tell({ do: 'print', text: 'half' });
      palhm.child.kill(signal);
      const ended = await palhm.ended;
      assert.equal(ended.code, code, ended.stderr);
      assert.match(ended.stderr, new RegExp(`^stopping: ${signal} received$`, 'm'));
      assert.match(ended.stderr, new RegExp(`stopped by ${signal}`));
      assert.equal(isAlive(stage.pid), false);
      assert.deepEqual(readdirSync(at.site.root), ['.palhm-lock']);
    });
  }

  it('SIGUSR1 tells where the run stands, opens no debugger, and the run goes on', async () => {
    writeStage('asked');
    const palhm = start('-q', '--log-format', 'json', 'run', 'backup');
    const stage = await at.rig.invoked('asked');
    await stage.tell({ do: 'print', text: 'half' });
    palhm.child.kill('SIGUSR1');
    const standing = await palhm.event('standing');
    assert.deepEqual(namesOf(standing?.['running']), ['a']);
    assert.deepEqual([standing?.['done'], standing?.['waiting']], [0, 0]);
    assert.deepEqual(listeningOf(palhm.child.pid), []);
    await stage.end({ do: 'exit', code: 0 });
    assert.equal((await palhm.ended).code, 0);
  });

  it('SIGHUP without a terminal does not stop a run, as under nohup', async () => {
    writeStage('alone');
    const palhm = start(...JSON_LOG, 'run', 'backup');
    const stage = await at.rig.invoked('alone');
    palhm.child.kill('SIGHUP');
    // Answered when SIGHUP has been received.
    palhm.child.kill('SIGUSR1');
    assert.ok(await palhm.event('standing'));
    await stage.end({ do: 'exit', code: 0 });
    assert.equal((await palhm.ended).code, 0);
  });

  it('SIGHUP of a terminal that hangs up rolls back and ends with 143', {
    timeout: 60_000,
  }, async () => {
    writeStage('terminal');
    const ended = makeFifo();
    // The kernel tells the first shell, and when that has ended, whatever it has started: the second shell goes on.
    const run = `"${process.execPath}" "${PALHM}" -f ${at.site.config} run backup`;
    const line = `(trap : HUP; ${run}; echo $? >${ended}); :`;
    const terminal = spawn('script', ['-qc', line, '/dev/null'], { stdio: 'ignore' });
    const stage = await at.rig.invoked('terminal');
    terminal.kill('SIGKILL');
    assert.equal(await readFile(ended, 'utf8'), '143\n');
    assert.equal(isAlive(stage.pid), false);
    assert.deepEqual(readdirSync(at.site.root), ['.palhm-lock']);
  });

  it('a second SIGINT does not skip the roll back', async () => {
    writeStage('double');
    const palhm = start(...JSON_LOG, 'run', 'backup');
    const stage = await at.rig.invoked('double');
    const grandchild = Number(await stage.tell({ do: 'start-grandchild' }));
    await stage.tell({ do: 'ignore-sigterm' });
    palhm.child.kill('SIGINT');
    for (const kind of ['stopping', 'object-cancelled']) {
      palhm.event(kind).then(() => palhm.child.kill('SIGINT'), assert.ifError);
    }
    palhm.child.kill('SIGINT');
    const ended = await palhm.ended;
    assert.equal(ended.code, 130, `${ended.signal}: ${ended.stderr}`);
    assert.ok(await palhm.event('copy-rolled-back'));
    assert.deepEqual([isAlive(stage.pid), isAlive(grandchild)], [false, false]);
    assert.deepEqual(readdirSync(at.site.root), ['.palhm-lock']);
  });
});

describe('a FIFO into which nobody writes', () => {
  it('as a secret does not keep a run from being stopped', async () => {
    const file = makeFifo();
    const objects = [{ path: 'a', stages: ['true'] }];
    at.site.write({ objects, sign: { key: { file } } });
    const palhm = start(...JSON_LOG, 'run', 'backup');
    await palhm.event('task-started');
    palhm.child.kill('SIGTERM');
    const { code, stderr } = await palhm.ended;
    assert.equal(code, 143, stderr);
  });

  it('as a secret of a stage does not keep a run from being stopped', async () => {
    const env = { PW: { file: makeFifo() } };
    const stage = { type: 'exec-inline', argv: ['true'], env };
    const backup = { id: 'backup', type: 'backup', backend: 'localfs' };
    const objects = [{ path: 'a', pipeline: [stage] }];
    const task = { ...backup, 'backend-param': { root: at.site.root }, objects };
    writeFileSync(at.site.config, JSON.stringify({ tasks: [task] }));
    const palhm = start(...JSON_LOG, '-v', 'run', 'backup');
    await palhm.event('object-started');
    palhm.child.kill('SIGTERM');
    const { code, stderr } = await palhm.ended;
    assert.equal(code, 143, stderr);
    assert.deepEqual(readdirSync(at.site.root), ['.palhm-lock']);
  });

  it('as a config ends by a signal as any program does', async () => {
    writeFileSync(at.site.config, JSON.stringify({ include: [makeFifo()] }));
    const palhm = start('run', 'backup');
    // Waits until the other side is open.
    const writing = await open(join(at.site.directory, 'fifo'), 'w');
    palhm.child.kill('SIGTERM');
    const { code, signal } = await palhm.ended;
    assert.deepEqual([code, signal], [null, 'SIGTERM']);
    await writing.close();
  });

  it('as a config is waited for through a SIGHUP without a terminal, as under nohup', async () => {
    writeFileSync(at.site.config, JSON.stringify({ include: [makeFifo()] }));
    const palhm = start('config', 'check');
    const writing = await open(join(at.site.directory, 'fifo'), 'w');
    palhm.child.kill('SIGHUP');
    await writing.writeFile('{}');
    await writing.close();
    const { code, signal, stderr } = await palhm.ended;
    assert.deepEqual([code, signal], [0, null], stderr);
  });
});
