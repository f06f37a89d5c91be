import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createJsonView } from '../../../src/cli/show/json-view.js';
import type { StampedEvent } from '../../../src/events/events.js';
import { Failure } from '../../../src/failure/failure.js';
import { weigh } from '../../../src/report/weight.js';
import { encodeEvent, encodeMissed } from '../../../src/wire/event.js';
import { STAMP as SAMPLE_STAMP, SAMPLES, stamp } from './samples.js';
import { fakeOutput } from './world.js';

function show(
  events: readonly StampedEvent[],
  options: { verbosity?: number; priorities?: boolean; progress?: boolean } = {},
): string {
  const output = fakeOutput({ columns: 80, rows: 24 }, false);
  const { verbosity = 3, priorities = false, progress = false } = options;
  const view = createJsonView({ output, verbosity, priorities, progress });
  for (const event of events) view.handle(event);
  view.close();
  return output.text();
}

test('writes one object per event and line, in snake_case', () => {
  assert.equal(
    show([SAMPLES['task-started'], SAMPLES['object-finished']]),
    '{"time":"2022-05-01T06:59:17.000Z","level":"info","run":"5f0c9b1e-3c1f-4d5e-9d0a-0b6f4f1a2b3c","task":"backup","event":"task-started","kind":"backup"}\n' +
      '{"time":"2022-05-01T06:59:17.000Z","level":"info","run":"5f0c9b1e-3c1f-4d5e-9d0a-0b6f4f1a2b3c","task":"backup","event":"object-finished","object":"all-db.sql.zst","group":"databases","size":1503238554,"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","duration_ms":192000}\n',
  );
});

test('writes a failure whole', () => {
  assert.deepEqual(JSON.parse(show([SAMPLES.failed])), {
    time: '2022-05-01T06:59:17.000Z',
    level: 'error',
    run: '5f0c9b1e-3c1f-4d5e-9d0a-0b6f4f1a2b3c',
    task: 'backup',
    event: 'failed',
    failure: {
      code: 'STAGE_FAILED',
      message: 'stage 1 of 3, mysqldump, exited with status 2 after 4.1 s',
      details: [
        'stages 2 (zstd) and 3 (gpg) ended normally.',
        'last lines of stderr:',
        "| mysqldump: Got error: 1045: Access denied for user 'root'@'localhost'",
      ],
      hint: 'look at its last lines, then run it by hand as the user of palhm',
      place: { file: '/etc/palhm/palhm.jsonc', line: 12, column: 7 },
    },
  });
});

test('writes null for what a failure does not have', () => {
  const failure = new Failure({ code: 'LOCKED', message: 'held' });
  const line = encodeEvent(stamp({ type: 'failed', failure }), 'error');
  assert.ok(line.event === 'failed');
  assert.deepEqual(line.failure, {
    code: 'LOCKED',
    message: 'held',
    details: [],
    hint: null,
    place: null,
  });
});

test('calls the level of an output line its verbosity: level is the severity', () => {
  const line = JSON.parse(show([SAMPLES['stage-output']]));
  assert.equal(line.level, 'warning');
  assert.equal(line.verbosity, 2);
});

test('escapes every control character, and stays JSON', () => {
  const message = 'a\u001b[2J\u009b31m\u007f\u2028\nb';
  const text = show([stamp({ type: 'debug', message })], { verbosity: 4 });
  assert.match(text, /^[\u0020-\u007e]+\n$/);
  assert.equal(JSON.parse(text).message, message);
});

function typesIn(text: string): readonly unknown[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line).event);
}

test('heeds the verbosity; progress is debug unless it is asked for', () => {
  const events = Object.values(SAMPLES);
  const vital = ['object-failed', 'standing', 'failed'];
  assert.deepEqual(typesIn(show(events, { verbosity: 0 })), vital);
  assert.equal(typesIn(show(events, { verbosity: 4 })).length, events.length);
  assert.ok(!typesIn(show(events)).includes('object-progress'));
  assert.ok(typesIn(show(events, { progress: true })).includes('object-progress'));
});

test('gives the journal its priority', () => {
  assert.match(show([SAMPLES.warning], { priorities: true }), /^<4>\{"time"/);
});

const PAGE = readFileSync(new URL('../../../../doc/events.md', import.meta.url), 'utf8');

interface Documented {
  readonly severity: string | undefined;
  readonly fields: readonly string[];
}

/** The `### name` headings of the page, each with its severity and the fields of the table below it. */
function documentedEvents(): Readonly<Record<string, Documented>> {
  const sections = PAGE.split(/^### /m).slice(1);
  return Object.fromEntries(
    sections.map((section) => {
      const name = section.split('\n')[0]?.replaceAll('`', '');
      const rows = section.split(/^## /m)[0]?.matchAll(/^\| `([a-z0-9_]+)` /gm) ?? [];
      const severity = /Severity: ([^.]+)\./.exec(section)?.[1];
      return [name, { severity, fields: Array.from(rows, ([, field = '']) => field).sort() }];
    }),
  );
}

/** The fields of every line. */
const STAMP = new Set(['time', 'level', 'run', 'task', 'event']);

test('doc/events.md documents every event with exactly its fields and its severity', () => {
  const actual = Object.fromEntries(
    Object.values(SAMPLES).map((event) => {
      const line = encodeEvent(event, 'info');
      const fields = Object.keys(line).filter((field) => !STAMP.has(field));
      const severity = event.type.startsWith('stage-output')
        ? 'by its verbosity'
        : weigh(event).severity;
      return [event.type, { severity, fields: fields.sort() }];
    }),
  );
  // Of the log itself, not of the engine.
  const line = encodeMissed(1, SAMPLE_STAMP);
  const fields = Object.keys(line).filter((field) => !STAMP.has(field));
  assert.deepEqual(documentedEvents(), { ...actual, missed: { severity: line.level, fields } });
});
