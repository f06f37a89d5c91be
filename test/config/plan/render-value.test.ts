import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  renderCommand,
  renderEnvironmentValue,
  renderValue,
} from '../../../src/config/plan/render-value.js';
import type { Value } from '../../../src/config/plan/value.js';

const literal = (text: string): Value => ({ type: 'literal', text });
const credential: Value = { type: 'credential', name: 'db' };
const joined: Value = { type: 'concat', parts: [literal('--pass word='), credential] };

const CASES: readonly (readonly [Value, string, string, string])[] = [
  [literal('tar'), 'tar', 'tar', '…'],
  [literal('a b'), 'a b', "'a b'", '…'],
  [literal(''), '', "''", '…'],
  [literal('${env:HOME}'), '${env:HOME}', "'${env:HOME}'", '…'],
  [{ type: 'env', name: 'HOME', secret: false }, '${env:HOME}', '${env:HOME}', '${env:HOME}'],
  [{ type: 'env', name: 'PASS', secret: true }, '${env:PASS}', '${env:PASS}', '${env:PASS}'],
  [{ type: 'file', path: '/p' }, '${file:/p}', '${file:/p}', '${file:/p}'],
  [credential, '${credential:db}', '${credential:db}', '${credential:db}'],
  [{ type: 'run', what: 'prefix' }, '${run:prefix}', '${run:prefix}', '${run:prefix}'],
  [
    { type: 'snapshot', what: 'path', of: undefined },
    '${snapshot:path}',
    '${snapshot:path}',
    '${snapshot:path}',
  ],
  [
    { type: 'snapshot', what: 'path', of: 'vg0/a' },
    '${snapshot:path:vg0/a}',
    '${snapshot:path:vg0/a}',
    '${snapshot:path:vg0/a}',
  ],
  [joined, '--pass word=${credential:db}', "'--pass word='${credential:db}", '…${credential:db}'],
  [{ type: 'concat', parts: [] }, '', "''", ''],
];

for (const [value, text, word, environment] of CASES) {
  test(`renders ${JSON.stringify(value)}`, () => {
    assert.equal(renderValue(value), text);
    assert.equal(renderCommand([value]), word);
    assert.equal(renderEnvironmentValue(value), environment);
  });
}

test('joins the words of a command', () => {
  const argv = [literal('mysqldump'), joined, literal('all'), literal('')];
  assert.equal(renderCommand(argv), "mysqldump '--pass word='${credential:db} all ''");
});

test('reads nothing from the environment or from files', () => {
  process.env['PALHM_TEST_SECRET'] = 'hunter2';
  const text = renderValue({ type: 'env', name: 'PALHM_TEST_SECRET', secret: false });
  delete process.env['PALHM_TEST_SECRET'];
  assert.equal(text, '${env:PALHM_TEST_SECRET}');
});
