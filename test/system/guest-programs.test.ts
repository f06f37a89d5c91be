/** What the clients of samples/clients.jsonc let run in a guest, by a real ssh, is run there as it is written. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, suite, test } from 'node:test';
import { callPalhm, type Ended } from '../rig/palhm.js';
import { makeScratch } from '../rig/scratch.js';
import { ACCOUNT, type Sshd, startSshd, whyNoSshd } from '../rig/sshd.js';
import { CORE, TOP } from '../shipped/core.js';

const SAMPLE = readFileSync(join(TOP, 'samples/clients.jsonc'), 'utf8');

suite('a program that a client has run in its guest', { skip: whyNoSshd }, () => {
  let sshd: Sshd;
  let host: string;
  before(async () => {
    sshd = await startSshd({ web1: null });
  });
  after(() => sshd.stop());
  beforeEach(() => {
    host = makeScratch();
    const { hostname, port } = new URL(sshd.destination);
    const options = [...sshd.optionsOf('web1'), `User=${ACCOUNT.name}`, `Port=${port}`];
    const lines = ['Host web1', `HostName=${hostname}`, ...options];
    writeFileSync(join(host, 'ssh.conf'), `${lines.join('\n')}\n`);
    mkdirSync(join(host, 'clients.d'));
    const config = SAMPLE.replace('../conf.d/core.json', CORE)
      .replaceAll('/media/backup', join(host, 'copies'))
      .replace('exec ssh', `exec ssh -F ${join(host, 'ssh.conf')}`);
    writeFileSync(join(host, 'palhm.jsonc'), config);
  });

  function run(...argv: readonly string[]): Promise<Ended> {
    const stage = { type: 'exec-append', 'exec-id': 'in-guest', argv };
    const client = { objects: [{ path: 'o', pipeline: [stage] }] };
    writeFileSync(join(host, 'clients.d/web1.jsonc'), JSON.stringify(client));
    return callPalhm(['-f', join(host, 'palhm.jsonc'), 'run', 'web1']);
  }
  async function outputOf(...argv: readonly string[]): Promise<string> {
    const { code, stderr } = await run(...argv);
    assert.equal(code, 0, stderr);
    const root = join(host, 'copies/clients/web1');
    const copy = readdirSync(root).find((name) => name[0] !== '.') ?? '';
    return readFileSync(join(root, copy, 'o'), 'utf8');
  }

  test('gets each argument as it is, whatever a shell would make of it', async () => {
    const words = [
      'a b',
      "it's",
      '',
      '$HOME',
      '`id`',
      '*',
      'a\nb\n',
      'é\t',
      '\\',
      '!x',
      '&',
      '~',
      "''",
    ];
    const said = await outputOf('printf', '<%s>', ...words);
    assert.equal(said, words.map((word) => `<${word}>`).join(''));
  });
  test('may be a line of a shell', async () => {
    assert.equal(await outputOf('sh', '-c', 'echo one; echo two three | cat'), 'one\ntwo three\n');
  });
  test('fails the object as it has ended', async () => {
    const { code, stderr } = await run('bash', '-o', 'pipefail', '-c', 'exit 7 | cat');
    assert.equal(code, 1);
    assert.match(stderr, /exited with status 7/);
  });
  test('is never an option of ssh on the host', async () => {
    const mark = join(host, 'mark');
    const { code } = await run(`-oProxyCommand=touch ${mark}`, 'true');
    assert.equal(code, 1);
    assert.equal(existsSync(mark), false);
  });
});
