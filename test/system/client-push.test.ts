/** A client hands its config in by a real sshd, where its key is bound to `palhm client receive`: doc/clients.md. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, suite, test } from 'node:test';
import { tmpfsOf } from '../rig/mounts.js';
import { callPalhm, type Ended, PALHM, startPalhm } from '../rig/palhm.js';
import { makeScratch } from '../rig/scratch.js';
import { ACCOUNT, type Sshd, startSshd, whyNoSshd } from '../rig/sshd.js';
import { untilWritten } from '../rig/until.js';

const HOST = {
  execs: [
    { id: 'say', argv: ['echo', { run: 'task' }] },
    { id: 'host-only', argv: ['true'] },
  ],
  clients: {
    directory: 'clients.d',
    task: { backend: 'localfs', 'backend-param': { root: 'copies' } },
    allow: { append: ['say'] },
  },
  tasks: [{ id: 'default', type: 'routine', 'keep-going': true, routine: [{ type: 'clients' }] }],
};

const SAY = { type: 'exec-append', 'exec-id': 'say', argv: ['hello'] };
const GOOD = JSON.stringify({ objects: [{ path: 'o', pipeline: [SAY] }] });
const WRONG = JSON.stringify({
  objects: [{ path: 'o', pipeline: [{ type: 'exec', 'exec-id': 'host-only' }] }],
});

suite('a config that is handed in by ssh', { skip: whyNoSshd }, () => {
  let sshd: Sshd;
  let host: string;
  let own: string;
  const config = (): string => join(host, 'palhm.jsonc');
  const inDirectory = (): string => join(host, 'clients.d');
  const names = (): string[] => readdirSync(inDirectory()).sort();
  const read = (name = 'web1'): string =>
    readFileSync(join(inDirectory(), `${name}.jsonc`), 'utf8');

  before(async () => {
    host = makeScratch();
    chmodSync(host, 0o755);
    const receive = (name: string): string =>
      `${process.execPath} ${PALHM} -f ${config()} client receive ${name}`;
    sshd = await startSshd({ web1: receive('web1'), db1: receive('db1') });
  });
  after(() => sshd.stop());
  beforeEach(() => {
    for (const name of readdirSync(host)) rmSync(join(host, name), { recursive: true });
    writeFileSync(config(), JSON.stringify(HOST));
    mkdirSync(inDirectory(), { mode: 0o755 });
    chownSync(inDirectory(), ACCOUNT.uid, ACCOUNT.uid);
    own = join(makeScratch(), 'client.jsonc');
    writeFileSync(own, GOOD);
  });

  const push = (client: string, ...args: string[]): Promise<Ended> =>
    callPalhm([
      'client',
      'push',
      own,
      '--to',
      sshd.destination,
      ...args,
      ...sshd.optionsOf(client).flatMap((option) => ['--ssh-option', option]),
    ]);

  /** ssh by itself, as whoever has got hold of the key. */
  async function ssh(client: string, words: readonly string[], input = ''): Promise<Ended> {
    const options = sshd.optionsOf(client).flatMap((option) => ['-o', option]);
    const child = spawn('ssh', ['-F', 'none', '-T', ...options, sshd.destination, ...words]);
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
    child.stdin.on('error', () => undefined).end(input);
    const [code, signal] = await once(child, 'close');
    return { code, signal, stdout, stderr };
  }

  test('is there, whole, and is run by the host', async () => {
    const { code, stderr } = await push('web1');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /web1\.jsonc was taken/);
    assert.deepEqual(names(), ['web1.jsonc']);
    assert.equal(read(), GOOD);
    const { uid, mode } = statSync(join(inDirectory(), 'web1.jsonc'));
    assert.deepEqual([uid, mode & 0o777], [ACCOUNT.uid, 0o640]);
    const ran = await callPalhm(['-f', config(), 'run']);
    assert.equal(ran.code, 0, ran.stderr);
    const copies = join(host, 'copies/web1');
    const copy = readdirSync(copies).find((one) => one[0] !== '.') ?? '';
    assert.equal(readFileSync(join(copies, copy, 'o'), 'utf8'), 'web1 hello\n');
  });
  test('replaces the one before, and removes what a dead one has left', async () => {
    await push('web1');
    writeFileSync(join(inDirectory(), '.web1.jsonc.new'), 'half');
    const other = GOOD.replace('hello', 'other');
    writeFileSync(own, other);
    assert.equal((await push('web1')).code, 0);
    assert.equal(read(), other);
    assert.deepEqual(names(), ['web1.jsonc']);
  });
  const receive = (name: string, input: string) => {
    const args = [PALHM, '-f', config(), 'client', 'receive', name];
    return spawnSync(process.execPath, args, { encoding: 'utf8', input });
  };
  test('leaves nothing of one that the disk has no room for, and shows no path of the host', () => {
    // The sshd of the test has mounts of its own.
    execFileSync('mount', [...tmpfsOf('size=32k'), inDirectory()]);
    try {
      chmodSync(inDirectory(), 0o755);
      assert.equal(receive('web1', GOOD).status, 0);
      const { status, stderr } = receive('web1', `${GOOD}${' '.repeat(60_000)}`);
      assert.equal(status, 1, stderr);
      assert.match(stderr, /the host cannot write it: ENOSPC/);
      assert.ok(!stderr.includes(host), stderr);
      assert.equal(read(), GOOD);
      assert.deepEqual(names(), ['web1.jsonc']);
    } finally {
      execFileSync('umount', [inDirectory()]);
    }
  });
  test('does not leave ssh behind when it is stopped', async () => {
    const bin = makeScratch();
    writeFileSync(join(bin, 'ssh'), '#!/bin/sh\necho $$ >"$0.pid"\nexec sleep 300\n', {
      mode: 0o755,
    });
    const env = { PATH: `${bin}:${process.env['PATH']}` };
    const palhm = startPalhm(['client', 'push', own, '--to', 'web1'], { env });
    await untilWritten(join(bin, 'ssh.pid'));
    const pid = Number(readFileSync(join(bin, 'ssh.pid'), 'utf8'));
    palhm.child.kill('SIGTERM');
    const { code, stderr } = await palhm.ended;
    assert.equal(code, 143, stderr);
    assert.throws(() => process.kill(pid, 0), /ESRCH/);
  });
  test('with a name that is none is told so', () => {
    const { stderr } = receive('../evil', GOOD);
    assert.match(stderr, /"\.\.\/evil" is no name of a client/);
    assert.deepEqual(readdirSync(host).sort(), ['clients.d', 'palhm.jsonc']);
  });
  test('is refused when it is wrong, with what is wrong of it and nothing of the host', async () => {
    await push('web1');
    writeFileSync(own, WRONG);
    const { code, stderr } = await push('web1');
    assert.equal(code, 78);
    assert.match(stderr, /error CONFIG_NOT_ALLOWED {2}web1\.jsonc:1:\d+/);
    assert.match(stderr, /may not run the exec "host-only"/);
    assert.match(stderr, /1 problem\. "web1" was not taken\./);
    assert.ok(!stderr.includes(host), stderr);
    assert.equal(read(), GOOD);
    assert.deepEqual(names(), ['web1.jsonc']);
  });
  test('that is too large is not taken, here or there', async () => {
    const large = `${GOOD}${' '.repeat(70_000)}`;
    writeFileSync(own, large);
    assert.equal((await push('web1')).code, 78);
    const { code, stderr } = await ssh('web1', ['present'], large.repeat(100));
    assert.equal(code, 1);
    assert.match(stderr, /larger than 64\.0 KiB/);
    assert.deepEqual(names(), []);
  });
  test('says that the machine is absent', async () => {
    await push('web1');
    assert.equal((await callPalhm(['-f', config(), 'run'])).code, 0);
    const { code, stderr } = await push('web1', '--absent');
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(read()), { absent: true });
    assert.equal((await callPalhm(['-f', config(), 'config', 'check'])).code, 0);
    const { stdout } = await callPalhm(['-f', config(), 'list', 'web1']);
    assert.match(stdout, /^\d{4}-/m);
  });
  test('is of the client whose key it is, whatever that asks for', async () => {
    for (const words of [
      ['present', 'db1'],
      ['client', 'receive', 'db1'],
      ['present; touch /tmp/palhm-test-escaped'],
      ['--absent'],
      ['sh'],
    ]) {
      const { code } = await ssh('web1', words, GOOD);
      assert.notEqual(code, 0, words.join(' '));
    }
    const sftp = await ssh('web1', ['-s', 'sftp'], GOOD);
    assert.notEqual(sftp.code, 0);
    assert.deepEqual(names(), []);
    assert.equal((await push('db1')).code, 0);
    assert.deepEqual(names(), ['db1.jsonc']);
  });
  test('can make ssh run something on the host only where no -- stands before its arguments', async () => {
    const mark = join(host, 'mark');
    const injected = [`-oProxyCommand=touch ${mark}`, 'present'];
    await ssh('web1', ['--', ...injected]);
    assert.equal(existsSync(mark), false);
    await ssh('web1', injected);
    assert.equal(existsSync(mark), true, 'or this test shows nothing');
  });
  test('is whole when two come at once', async () => {
    const texts = ['a', 'b', 'c'].map((word) => GOOD.replace('hello', word.repeat(20_000)));
    const ends = await Promise.all(texts.map((text) => ssh('web1', ['present'], text)));
    for (const { code, stderr } of ends) assert.equal(code, 0, stderr);
    assert.ok(texts.includes(read()));
    assert.deepEqual(names(), ['web1.jsonc']);
  });
  test('is not taken by a host that cannot, which says so and no more', async () => {
    chownSync(inDirectory(), 0, 0);
    const denied = await push('web1');
    assert.equal(denied.code, 1);
    assert.match(denied.stderr, /NOT_HANDED_IN/);
    writeFileSync(config(), '{ "secret-thing": 1 }');
    const wrong = await push('web1');
    assert.equal(wrong.code, 78);
    assert.match(wrong.stderr, /the config of the host itself cannot be used/);
    assert.doesNotMatch(wrong.stderr, /secret-thing/);
    writeFileSync(config(), '{}');
    assert.equal((await push('web1')).code, 2);
  });
  test('does not get to a host that is not there', async () => {
    const { code, stderr } = await callPalhm([
      'client',
      'push',
      own,
      '--to',
      'ssh://nobody@127.0.0.1:1',
      '--ssh-option',
      'ConnectTimeout=5',
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /NOT_HANDED_IN/);
    assert.match(stderr, /Connection refused/);
  });
});
