import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { quoteForShell } from '../../src/units/shell-quote.js';

test('leaves harmless words as they are', () => {
  assert.equal(quoteForShell('/usr/bin/tar'), '/usr/bin/tar');
  assert.equal(quoteForShell('--file=a.tar'), '--file=a.tar');
});

test('quotes what a shell would read otherwise', () => {
  assert.equal(quoteForShell(''), "''");
  assert.equal(quoteForShell('a b'), "'a b'");
  assert.equal(quoteForShell("it's"), String.raw`'it'\''s'`);
  assert.equal(quoteForShell('~root'), "'~root'");
});

test('a shell reads back exactly the words', () => {
  const words = [
    '',
    ' ',
    "'",
    "''",
    '"',
    '$HOME',
    '`id`',
    '$(id)',
    '\\',
    'a\nb',
    '*',
    '~',
    '#x',
    '-n',
    '!',
    '{a,b}',
    'ü',
    '\u001b',
    'a=b',
  ];
  const printed = execFileSync('sh', [
    '-c',
    `printf '%s\\0' ${words.map(quoteForShell).join(' ')}`,
  ]);
  assert.deepEqual(printed.toString().split('\0').slice(0, -1), words);
});
