import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPlainView } from '../../../src/cli/show/plain-view.js';
import type { Event, StampedEvent } from '../../../src/events/events.js';
import { Failure } from '../../../src/failure/failure.js';
import { SAMPLES, stamp } from './samples.js';
import { fakeOutput } from './world.js';

function show(
  events: readonly StampedEvent[],
  { verbosity = 3, priorities = false }: { verbosity?: number; priorities?: boolean } = {},
): readonly string[] {
  const output = fakeOutput({ columns: 80, rows: 24 }, false);
  const view = createPlainView({ output, verbosity, priorities });
  for (const event of events) view.handle(event);
  view.close();
  return output.text().split('\n').slice(0, -1);
}

/** The lines of each event, and the lowest verbosity at which they are shown. */
const LINES: { readonly [T in Event['type']]: readonly [number, readonly string[]] } = {
  'task-started': [3, ['backup task "backup" started']],
  'task-finished': [3, ['task "backup" finished in 3 min 12 s']],
  'task-failed': [3, []],
  'run-finished': [3, []],
  'task-skipped': [3, ['task "backup" skipped: before, check-disk, ended with 75: no disk']],
  'hook-started': [4, ['before of group "databases" started: stop app']],
  'hook-finished': [3, ['before of group "databases" failed after 3 min 12 s: stop app']],
  'snapshot-taken': [
    3,
    ['snapshot of the btrfs subvolume /srv/data for group "databases" taken in 0.0 s'],
  ],
  thawed: [3, ['group "databases" was frozen for 3 min 12 s']],
  'snapshot-removed': [
    4,
    ['snapshot of the btrfs subvolume /srv/data for group "databases" removed'],
  ],
  'lock-waiting': [3, ['waiting for /media/backup, held by process 4711']],
  'leftover-removed': [
    2,
    ['removed what a run that died left behind: /media/backup/.partial, ended 2 processes of it'],
  ],
  'copy-opened': [
    3,
    ['copy 2022-05-01T06:59:17+00:00 of task "backup" opened on localfs /media/backup: 2 objects'],
  ],
  'group-started': [4, ['group "databases" started: 1 object']],
  'group-finished': [3, ['group "databases" finished']],
  'object-started': [4, ['object "all-db.sql.zst" started: mysqldump | zstd']],
  'object-progress': [4, []],
  'object-finished': [3, ['object "all-db.sql.zst" finished: 1.4 GiB in 3 min 12 s']],
  'object-failed': [
    1,
    ['object "all-db.sql.zst" failed: stage 1 of 3, mysqldump, exited with status 2 after 4.1 s'],
  ],
  'object-cancelled': [3, ['object "etc.tar" stopped']],
  'stage-output-left-out': [2, ['all-db.sql.zst mysqldump | … 13,000 lines left out']],
  'stage-output': [2, [String.raw`all-db.sql.zst mysqldump | a partial dump${'\t'}of \x1b[31mall`]],
  'exec-started': [3, ['running dnf -y update']],
  'exec-finished': [3, ['finished dnf -y update in 4.1 s']],
  stopping: [2, ['stopping: an object failed']],
  standing: [
    0,
    [
      'so far: 1 object done, 7 waiting, 2 running',
      '  all-db.sql: 1.4 MiB in 4.0 s',
      '  /bin/sh -c true: in 0.5 s',
    ],
  ],
  'processes-left': [3, ['left running by stages: gpg-agent (4711), ssh (4712)']],
  'copy-committed': [
    3,
    [
      'copy 2022-05-01T06:59:17+00:00 of task "backup" committed: 2 objects, 1.4 GiB in 3 min 12 s, at /media/backup/2022-05-01T06:59:17+00:00',
    ],
  ],
  'object-damaged': [1, ['object "etc.tar" has 1 bytes, the manifest says 2']],
  'verify-started': [
    3,
    ['copy 2022-05-01T06:59:17+00:00 of task "backup" is being verified: 2 objects'],
  ],
  'verify-finished': [
    1,
    [
      'copy 2022-05-01T06:59:17+00:00 of task "backup" is damaged: 2 of 30 objects read, 1.4 GiB in 3 min 12 s, 1 problem',
    ],
  ],
  'copy-rolled-back': [
    2,
    ['copy 2022-05-01T06:59:17+00:00 of task "backup" rolled back: nothing of it was kept'],
  ],
  'copy-removed': [
    3,
    [
      'copy 2022-03-01T06:59:17+00:00 of task "backup" removed, 1.4 GiB: the oldest of 31, 30 are kept',
    ],
  ],
  'rotation-finished': [3, ['rotation of task "backup": 30 copies kept, 1 removed, 1.4 GiB freed']],
  'restore-started': [
    3,
    ['restoring 2 objects of /media/backup/2022-05-01T06:59:17+00:00 to /srv/back'],
  ],
  'restore-finished': [
    3,
    [
      'restored 2 objects of copy 2022-05-01T06:59:17+00:00 of task "backup", 1.4 GiB in 3 min 12 s, to /srv/back',
    ],
  ],
  'drill-started': [
    3,
    ['drill of task "backup" started: copy /media/backup/2022-05-01T06:59:17+00:00'],
  ],
  'drill-step-started': [4, ['drill: restore "all-db.sql.zst"']],
  'drill-step-finished': [3, ['drill: check mariadb --socket=socket finished in 4.1 s']],
  'drill-finished': [
    3,
    ['drill of task "backup" passed in 3 min 12 s: copy 2022-05-01T06:59:17+00:00'],
  ],
  warning: [
    2,
    [
      'warning: The newest copy is dated after now.',
      '  2032-01-01T00:00:00+00:00 is kept and not counted.',
    ],
  ],
  failed: [0, []],
  debug: [4, ['umask 077']],
};

for (const event of Object.values(SAMPLES)) {
  if (event.type === 'failed' || event.type === 'object-failed') continue;
  const [from, lines] = LINES[event.type];
  test(`words ${event.type} from verbosity ${from} on`, () => {
    assert.deepEqual(show([event], { verbosity: from }), lines);
    assert.deepEqual(show([event], { verbosity: from - 1 }), []);
  });
}

test('words where an operation stands that waits for a lock', () => {
  const { root, holder } = SAMPLES['lock-waiting'];
  const standing = stamp({ ...NOTHING, lock: { root, holder } });
  assert.deepEqual(show([standing], { verbosity: 0 }), [
    'so far: waiting for /media/backup, held by process 4711',
  ]);
});

const NOTHING = { type: 'standing', running: [], done: null, waiting: null } as const;

const RUN: readonly StampedEvent[] = [
  SAMPLES['task-started'],
  SAMPLES['copy-opened'],
  SAMPLES['object-started'],
  { ...SAMPLES['stage-output'], level: 1 },
  SAMPLES['object-failed'],
  SAMPLES.stopping,
  SAMPLES['copy-rolled-back'],
  SAMPLES.failed,
];

const BLOCK = [
  'failed  object "all-db.sql.zst" in group "databases"  STAGE_FAILED',
  '  stage 1 of 3, mysqldump, exited with status 2 after 4.1 s',
  '  stages 2 (zstd) and 3 (gpg) ended normally.',
  '  last lines of stderr:',
  "    | mysqldump: Got error: 1045: Access denied for user 'root'@'localhost'",
  '  configured at /etc/palhm/palhm.jsonc:12:7',
  '  next: look at its last lines, then run it by hand as the user of palhm',
];

test('says errors alone under -q, the block once', () => {
  assert.deepEqual(show(RUN, { verbosity: 0 }), BLOCK);
});

test('says at once that an object failed, and shows the block last', () => {
  const lines = show(RUN, { verbosity: 1 });
  const [notice] = LINES['object-failed'][1];
  assert.deepEqual(lines.slice(1), [notice, ...BLOCK]);
});

test('shows a failed object even when the run never says how it ended', () => {
  assert.deepEqual(show([SAMPLES['object-failed']], { verbosity: 0 }), BLOCK);
});

test('gives every line of the journal its priority', () => {
  const failure = new Failure({ code: 'LOCKED', message: 'held\nfor\u202e long', hint: 'wait' });
  const events: StampedEvent[] = [
    SAMPLES.warning,
    SAMPLES.debug,
    SAMPLES['group-finished'],
    { ...SAMPLES['stage-output'], line: 'x', level: 0 },
    { ...SAMPLES['stage-output'], line: 'y', level: 1 },
    stamp({ type: 'failed', failure }),
  ];
  assert.deepEqual(show(events, { verbosity: 4, priorities: true }), [
    '<4>warning: The newest copy is dated after now.',
    '<4>  2032-01-01T00:00:00+00:00 is kept and not counted.',
    '<7>umask 077',
    '<6>group "databases" finished',
    '<2>all-db.sql.zst mysqldump | x',
    '<3>all-db.sql.zst mysqldump | y',
    String.raw`<3>failed  held\nfor\u{202e} long  LOCKED`,
    '<3>  next: wait',
  ]);
});
