/** Dumps of conf.d/core.json that take a small server or its files: OpenLDAP, etcd. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, suite, test } from 'node:test';
import { makeScratch } from '../rig/scratch.js';
import { coreExec, outputOf, runProgram, whyMissing } from './core.js';

const directory = makeScratch();

test('slapcat and back', { skip: whyMissing('slapcat', 'slapadd') }, () => {
  const configure = (name: string): readonly string[] => {
    const data = join(directory, name);
    mkdirSync(data);
    const file = `${data}.conf`;
    const lines = [
      'include /etc/ldap/schema/core.schema',
      'modulepath /usr/lib/ldap',
      'moduleload back_mdb',
      'database mdb',
      'suffix "dc=example,dc=org"',
      `directory ${data}`,
      'maxsize 10485760',
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    return ['-f', file];
  };
  const { inverse, ...exec } = coreExec('slapcat');
  assert.ok(inverse);
  const entry =
    'dn: dc=example,dc=org\nobjectClass: organization\nobjectClass: dcObject\no: Zoë\ndc: example\n';
  const from = configure('from');
  outputOf({ argv: ['slapadd', '-w'] }, { append: from, input: Buffer.from(entry) });
  const ldif = outputOf(exec, { append: from });
  const to = configure('to');
  outputOf(inverse, { append: to, input: ldif });
  assert.match(ldif.toString(), /^dn: dc=example,dc=org$/m);
  assert.equal(outputOf(exec, { append: to }).toString(), ldif.toString());
});

suite('etcd', { skip: whyMissing('etcd', 'etcdctl') }, () => {
  let server: ReturnType<typeof spawn> | undefined;
  let endpoint = '';
  before(async () => {
    endpoint = `http://127.0.0.1:${await findFreePort()}`;
    const peer = `http://127.0.0.1:${await findFreePort()}`;
    const started = spawn(
      'etcd',
      [
        `--data-dir=${join(directory, 'etcd')}`,
        `--listen-client-urls=${endpoint}`,
        `--advertise-client-urls=${endpoint}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=default=${peer}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    server = started;
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: started.stderr }).on('line', (line) => {
        if (/serving (?:insecure )?client (?:requests|traffic)/.test(line)) resolve();
      });
      started.once('close', () => reject(new Error('etcd did not start')));
    });
    outputOf({ argv: ['etcdctl', `--endpoints=${endpoint}`, 'put', 'key', 'value'] });
  });
  after(async () => {
    if (server?.kill('SIGKILL')) await once(server, 'close');
  });

  test('a snapshot that etcdctl takes back, and nothing left in TMPDIR', () => {
    const scratch = mkdtempSync(join(directory, 'tmp-'));
    const exec = coreExec('etcdctl-snapshot');
    const snapshot = outputOf(exec, {
      append: [`--endpoints=${endpoint}`],
      env: { TMPDIR: scratch },
    });
    assert.deepEqual(readdirSync(scratch), []);
    const file = join(directory, 'snapshot.db');
    writeFileSync(file, snapshot);
    const data = join(directory, 'restored');
    outputOf({ argv: ['etcdctl', 'snapshot', 'restore', file, `--data-dir=${data}`] });
    assert.deepEqual(readdirSync(data), ['member']);
  });

  test('fails when there is no server', () => {
    const append = ['--endpoints=http://127.0.0.1:1', '--dial-timeout=1s', '--command-timeout=1s'];
    assert.notEqual(runProgram(coreExec('etcdctl-snapshot'), { append }).status, 0);
  });
});

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
