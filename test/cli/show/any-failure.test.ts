import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showAnyFailure } from '../../../src/cli/show/any-failure.js';
import { ConfigErrors } from '../../../src/config/read/diagnostics.js';
import { Failure } from '../../../src/failure/failure.js';

const TWO_PROBLEMS = new ConfigErrors(
  [3, 7].map((line) => ({
    code: 'CONFIG_VALUE' as const,
    message: `line ${line} is wrong.`,
    hint: undefined,
    place: { file: '/etc/palhm/palhm.jsonc', line, column: 1 },
    length: 1,
    sourceLine: 'x',
    notes: [],
  })),
);

function show(error: unknown, logFormat: 'text' | 'json', priorities = false): string[] {
  let text = '';
  const output = { write: (more: string) => (text += more) };
  showAnyFailure(error, { output, logFormat, priorities });
  return text.trimEnd().split('\n');
}

test('problems of the config are one failed event each in the JSON log', () => {
  const events = show(TWO_PROBLEMS, 'json').map(
    (line) => JSON.parse(line) as Record<string, { place?: unknown }>,
  );
  assert.deepEqual(
    events.map(({ event }) => event),
    ['failed', 'failed'],
  );
  assert.deepEqual(events[1]?.['failure']?.place, {
    file: '/etc/palhm/palhm.jsonc',
    line: 7,
    column: 1,
  });
});

test('as text they are shown together, with how many they are', () => {
  const lines = show(TWO_PROBLEMS, 'text');
  assert.equal(lines[0], 'error CONFIG_VALUE  /etc/palhm/palhm.jsonc:3:1');
  assert.equal(lines.at(-1), '2 problems. Nothing was run.');
});

test('in the journal every line has the priority of an error', () => {
  for (const line of show(TWO_PROBLEMS, 'text', true)) assert.match(line, /^<3>/);
  for (const line of show(TWO_PROBLEMS, 'json', true)) assert.match(line, /^<3>\{/);
});

test('any other failure is one event or one block', () => {
  const failure = new Failure({ code: 'USAGE', message: 'no such task', hint: 'name another' });
  assert.equal(show(failure, 'json').length, 1);
  assert.deepEqual(show(failure, 'text'), ['failed  no such task  USAGE', '  next: name another']);
});

test('a defect keeps its stack, whatever the log is', () => {
  assert.match(show(new Error('oh'), 'json').join('\n'), /defect of palhm[^]*Error: oh/);
});
