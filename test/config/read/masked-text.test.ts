import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownLineOf } from '../../../src/config/read/masked-text.js';
import { toSource } from '../../../src/config/read/source.js';

/** Every line as a message would show it. */
function shown(text: string): string {
  const source = toSource('palhm.jsonc', '/', text);
  return source.lineStarts.map((offset) => shownLineOf({ source, offset, length: 1 })).join('\n');
}

for (const [what, text, expected] of [
  [
    'misspelled',
    '{"secret_acess-key": "hunter2", "a": 1}',
    '{"secret_acess-key": "*******", "a": 1}',
  ],
  [
    'of a variable in lower case',
    '"env": {"mysql_pwd":"hunter2", "x":5}',
    '"env": {"mysql_pwd":"*******", "x":*}',
  ],
  [
    'of a variable of any name',
    '{"env":{"Db":"hunter2"},"x":"y"}',
    '{"env":{"Db":"*******"},"x":"y"}',
  ],
  [
    'in a concat',
    '"env":{"A":{"concat":["hunter2",{"file":"/f"}]}}',
    '"env":{"A":{"concat":["*******",{"file":"/f"}]}}',
  ],
  [
    'behind a comment',
    '"env":{"a" /* "b": */ : /* : */ "hunter2"}',
    '"env":{"a" ********** : ******* "*******"}',
  ],
  [
    'on the next line',
    '"env":{"a":\n  "hunter2"\n},\n"b":"c"',
    '"env":{"a":\n  "*******"\n},\n"b":"c"',
  ],
  [
    'in single quotes',
    "'env': {'a': 'hunter2, 2'}, 'b': 'c'",
    "'env': {'a': '**********'}, 'b': 'c'",
  ],
  ['without quotes', '{env: {a: hunter/2}, b: c}', '{env: {a: ********}, b: c}'],
  ['without an end', '"env": {"a": "hunter2\n, "b": "c"}', '"env": {"a": "*******\n, "b": "*"}'],
  [
    'that is the key of a signature',
    '"sign":{"key":"hunter2","trusted":["hunter3"]}',
    '"sign":{"key":"*******","trusted":["*******"]}',
  ],
  [
    'of an env that is a list or a string',
    '"env":["A=hunter2"], {"env":"A=hunter2"}',
    '"env":["*********"], {"env":"*********"}',
  ],
  [
    'below an env that is misspelled',
    '"evn":{"A":"hunter2","b_pass":"hunter3"}',
    '"evn":{"A":"*******","b_pass":"*******"}',
  ],
  [
    'by a reference that is misspelled',
    '"env":{"a":{"fiel":"hunter2"}}',
    '"env":{"a":{"fiel":"*******"}}',
  ],
  [
    'with an escaped key',
    String.raw`"\u0065nv":{"a":"hunter\"2"}`,
    String.raw`"\u0065nv":{"a":"*********"}`,
  ],
] as const)
  test(`a secret ${what} is hidden in the line of an error`, () =>
    assert.equal(shown(text), expected));

test('what is no secret is shown in the line of an error', () => {
  const text =
    '{"argv":["a",{"env":"NAME"}],"env":{"PATH":"/bin","HOME":"/h","A":{"env":"B","secret":true}},\n' +
    '"credentials":{"access-key-id":"id","secret-access-key":{"credential":"s3"}},"path":"a:b"} // x';
  assert.equal(shown(text), text);
});
