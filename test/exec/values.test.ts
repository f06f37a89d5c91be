import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import type { Value } from '../../src/config/plan/value.js';
import { factsOf, layerFacts } from '../../src/exec/facts.js';
import { createRedactor } from '../../src/exec/redactor.js';
import { resolveValue, type ValueSources } from '../../src/exec/values.js';
import { makeScratch } from '../rig/scratch.js';

suite('a reference', () => {
  const ofRun = factsOf({ task: 'backup', host: 'here', prefix: '2026' });
  function resolve(value: Value, more: Partial<ValueSources> = {}): Promise<string> {
    return resolveValue(value, {
      facts: ofRun,
      inherited: {},
      redactor: createRedactor(),
      ...more,
    });
  }
  const variable = { type: 'env', name: 'PATH', secret: false } as const;

  test('to a variable is looked up in what stages inherit, not in the environment of palhm', async () => {
    assert.equal(await resolve(variable, { inherited: { PATH: '/given' } }), '/given');
    await assert.rejects(resolve(variable), {
      code: 'REFERENCE_UNRESOLVED',
      message: 'cannot resolve ${env:PATH}: the environment variable is not set',
    });
  });
  test('to a snapshot is looked up in it, or in the volume of it that is named', async () => {
    const volumes = new Map([['vg0/a', { path: '/a' }]]);
    const facts = { ...ofRun, snapshot: { path: '/whole', volumes } };
    const path = (of?: string): Value => ({ type: 'snapshot', what: 'path', of });
    assert.equal(await resolve(path(), { facts }), '/whole');
    assert.equal(await resolve(path('vg0/a'), { facts }), '/a');
    await assert.rejects(resolve(path('vg0/b'), { facts }), {
      code: 'REFERENCE_UNRESOLVED',
      message: 'cannot resolve ${snapshot:path:vg0/b}: there is no such snapshot here',
    });
    await assert.rejects(resolve(path()), { code: 'REFERENCE_UNRESOLVED' });
  });
  test('to a credential is looked up in the directory that stages inherit', async () => {
    const directory = makeScratch();
    writeFileSync(join(directory, 'db'), 'hunter22\n');
    const inherited = { CREDENTIALS_DIRECTORY: directory };
    const credential = { type: 'credential', name: 'db' } as const;
    assert.equal(await resolve(credential, { inherited }), 'hunter22');
    await assert.rejects(resolve(credential), /CREDENTIALS_DIRECTORY is not set/);
    rmSync(directory, { recursive: true });
  });
  test('to a file or a credential is one that can be handed on as it is', async () => {
    const directory = makeScratch();
    const path = join(directory, 'pw');
    const inherited = { CREDENTIALS_DIRECTORY: directory };
    for (const [bytes, message] of [
      ['p\xe4ss\n', /\/pw\}: the file is not UTF-8: see byte 2, in line 1$/],
      ['good\nb\xffd', /: the file is not UTF-8: see byte 7, in line 2$/],
      ['\xff\xfep\0w\0', /: the file is UTF-16, not UTF-8$/],
      ['p\0w\0', /: the file is UTF-16, not UTF-8$/],
      ['\xef\xbb\xbfpass', /: the file begins with a byte order mark/],
      ['pa\0s', /: the file has a NUL byte/],
      ['', /: the file is empty$/],
      ['\r\n', /: the file is empty$/],
      [' \t\n\n', /: the file is empty$/],
    ] as const) {
      writeFileSync(path, bytes, 'latin1');
      await assert.rejects(resolve({ type: 'file', path }), {
        code: 'REFERENCE_UNRESOLVED',
        message,
      });
      const credential = { type: 'credential', name: 'pw' } as const;
      await assert.rejects(
        resolve(credential, { inherited }),
        /REFERENCE_UNRESOLVED|cannot resolve/,
      );
    }
    rmSync(directory, { recursive: true });
  });
  test('that cannot be resolved comes with what to do next, whatever the cause', async () => {
    const directory = makeScratch();
    const inherited = { CREDENTIALS_DIRECTORY: directory };
    const empty = join(directory, 'empty');
    writeFileSync(empty, '\n');
    const cases: readonly (readonly [Value, Partial<ValueSources>, RegExp])[] = [
      [
        { type: 'file', path: join(directory, 'absent') },
        {},
        /^write the secret into .*absent, or/,
      ],
      [{ type: 'file', path: join(empty, 'below') }, {}, /^write the secret into/],
      [{ type: 'file', path: empty }, {}, /^write the secret into .*empty$/],
      [{ type: 'file', path: directory }, {}, /^see what /],
      [{ type: 'file', path: '/dev/null' }, {}, /^name a file in place of \/dev\/null$/],
      [{ type: 'file', path: '/dev/zero' }, {}, /^give the program the file itself/],
      [{ type: 'credential', name: 'absent' }, { inherited }, /^add LoadCredential=/],
      [{ type: 'credential', name: 'absent' }, {}, /systemd-run/],
      [{ type: 'env', name: 'ABSENT', secret: true }, {}, /^set ABSENT where palhm is started/],
      [{ type: 'run', what: 'object' }, {}, /^name in "run"/],
    ];
    for (const [value, more, hint] of cases)
      await assert.rejects(resolve(value, more), { code: 'REFERENCE_UNRESOLVED', hint });
  });
  test('to a variable that was not UTF-8 is refused', async () => {
    const inherited = { PATH: 'p\uFFFDss' };
    await assert.rejects(resolve(variable, { inherited }), {
      code: 'REFERENCE_UNRESOLVED',
      message: 'cannot resolve ${env:PATH}: the value of the variable is not UTF-8',
      hint: /put it into a file/,
    });
  });
  test('to a FIFO waits for whoever writes into it, says so, until the signal', async (context) => {
    const fifo = join(makeScratch(), 'fifo');
    execFileSync('mkfifo', [fifo]);
    const file = { type: 'file', path: fifo } as const;
    const writing = promisify(execFile)('sh', ['-c', 'echo hunter2 > "$1"', 'sh', fifo]);
    assert.equal(await resolve(file), 'hunter2');
    await writing;
    const stop = new AbortController();
    const reason = new Error('stopped');
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const said: string[] = [];
    const waiting = resolve(file, { signal: stop.signal, onWait: (text) => void said.push(text) });
    context.mock.timers.tick(2999);
    assert.deepEqual(said, []);
    context.mock.timers.tick(1);
    assert.match(said.join(), /^still waiting for \$\{file:\/.*\/fifo\}: nobody has written/);
    stop.abort(reason);
    await assert.rejects(waiting, reason);
  });
  test('to a file without an end is refused', async () => {
    await assert.rejects(resolve({ type: 'file', path: '/dev/zero' }), {
      code: 'REFERENCE_UNRESOLVED',
      message: 'cannot resolve ${file:/dev/zero}: it is larger than 1.0 MiB',
    });
  });
  test('to a variable with a byte order mark is refused', async () => {
    await assert.rejects(resolve(variable, { inherited: { PATH: '\uFEFFpass' } }), {
      code: 'REFERENCE_UNRESOLVED',
      message: /begins with a byte order mark$/,
    });
  });
  test('to a secret variable that is empty or of blanks is refused; one that is no secret may be', async () => {
    for (const text of ['', ' \n'])
      await assert.rejects(resolve({ ...variable, secret: true }, { inherited: { PATH: text } }), {
        code: 'REFERENCE_UNRESOLVED',
        message: /: the variable is empty$/,
        hint: /"secret": false/,
      });
    assert.equal(await resolve(variable, { inherited: { PATH: '' } }), '');
  });
  test('to a fact is looked up in the object, the group and the run, in this order', async () => {
    const ofGroup = layerFacts(ofRun, { directory: '/group' });
    const facts = layerFacts(ofGroup, { object: 'a/b', directory: undefined });
    const about = (what: 'prefix' | 'task' | 'object' | 'directory') =>
      resolve({ type: 'run', what }, { facts });
    assert.deepEqual(
      await Promise.all([about('object'), about('directory'), about('prefix'), about('task')]),
      ['a/b', '/group', '2026', 'backup'],
    );
    await assert.rejects(resolve({ type: 'run', what: 'object' }), {
      code: 'REFERENCE_UNRESOLVED',
      message: /there is no object here$/,
    });
  });
});
