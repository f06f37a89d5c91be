/** The code that palhm ends with, and what it prints, for whatever ends a command. */
import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Console, identityOf, processConsole } from '../../src/cli/console.js';
import { runCommand } from '../../src/cli/main.js';
import { Failure } from '../../src/failure/failure.js';
import { callPalhm } from '../rig/palhm.js';
import { makeTree } from '../rig/scratch.js';

/** `palhm mods`, whose stdout cannot be written to. */
async function printTo(error: Error, ...options: string[]) {
  let stderr = '';
  const console: Console = {
    ...processConsole(),
    stdout: { fd: 1, write: () => assert.fail(error) },
    stderr: {
      fd: 2,
      write(text) {
        stderr += text;
      },
    },
  };
  const code = await runCommand([...options, 'mods'], console);
  return { code, stderr };
}

test('what commander refuses ends with 2, and what it prints when asked ends with 0', async () => {
  const refused = await callPalhm(['run', '--no-such-option']);
  assert.deepEqual([refused.code, refused.stdout], [2, '']);
  assert.match(refused.stderr, /unknown option '--no-such-option'/);
  for (const [args, printed] of [
    [['--help'], /^Usage: palhm /],
    [['run', '--help'], /^Usage: palhm run /],
    [['--version'], /^\d+\.\d+\.\d+\n$/],
  ] as const) {
    const { code, stdout, stderr } = await callPalhm(args);
    assert.deepEqual([code, stderr], [0, ''], args.join(' '));
    assert.match(stdout, printed);
  }
});

test('a failure that no operation tells ends with its code, as text or as an event', async () => {
  const failure = new Failure({ code: 'LOCKED', message: 'somebody is there' });
  const asText = await printTo(failure);
  assert.deepEqual(asText, { code: 75, stderr: 'failed  somebody is there  LOCKED\n' });
  const asJson = await printTo(failure, '--log-format', 'json');
  assert.equal(asJson.code, 75);
  const { event, failure: told } = JSON.parse(asJson.stderr);
  assert.deepEqual([event, told.code, told.message], ['failed', 'LOCKED', 'somebody is there']);
});

test('a defect ends with 1, and is shown with its stack, also in a log of JSON', async () => {
  for (const options of [[], ['--log-format', 'json']]) {
    const { code, stderr } = await printTo(new TypeError('it broke'), ...options);
    assert.equal(code, 1);
    assert.match(stderr, /it broke[^]*at .*main\.test\.js/);
  }
});

test('the code of one command is not that of the next', async () => {
  const file = join(makeTree({ 'palhm.jsonc': '{ "tasks": [] }' }), 'palhm.jsonc');
  assert.equal((await callPalhm(['-f', file, 'run', 'absent'])).code, 2);
  assert.equal((await callPalhm(['-f', file, 'config', 'check'])).code, 0);
});

test('a stream is known by the file that it leads to', () => {
  const directory = makeTree({ one: '', other: '' });
  const [one, same, other] = ['one', 'one', 'other'].map((name) =>
    openSync(join(directory, name), 'a'),
  );
  assert.ok(one !== undefined && same !== undefined && other !== undefined);
  const identify = (fd: number) => {
    const { dev, ino } = identityOf({ fd, write: () => undefined });
    return { dev, ino };
  };
  assert.deepEqual(identify(one), identify(same));
  assert.notDeepEqual(identify(one), identify(other));
  for (const fd of [one, same, other]) closeSync(fd);
});
