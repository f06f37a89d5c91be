import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRedactor } from '../../src/exec/values.js';

test('a redactor replaces what it has learned, and nothing else', () => {
  const redactor = createRedactor();
  assert.equal(redactor.redact('hunter2'), 'hunter2');
  redactor.learn('hunter2', '${env:PASSWORD}');
  assert.equal(redactor.redact('-phunter2 hunter2'), '-p${env:PASSWORD} ${env:PASSWORD}');
});

test('a secret that begins like another leaves nothing of the longer one', () => {
  for (const order of [
    ['open', 'open-sesame'],
    ['open-sesame', 'open'],
  ]) {
    const redactor = createRedactor();
    for (const secret of order) redactor.learn(secret, `\${${secret.length}}`);
    assert.equal(redactor.redact('said open-sesame, open'), 'said ${11}, ${4}');
  }
});

test('each line of a secret is one, wherever it came from', () => {
  const redactor = createRedactor();
  redactor.learn('-----BEGIN\nMIIEvQ\r\n', '${env:KEY}');
  assert.equal(redactor.redact('bad key: MIIEvQ'), 'bad key: ${env:KEY}');
});

test('a reference with a dollar sign stands as it is', () => {
  const redactor = createRedactor();
  redactor.learn('hunter2', "${file:/srv/$&/$'}");
  assert.equal(redactor.redact('hunter2'), "${file:/srv/$&/$'}");
});
