/** One event of each type with every field. The code does not compile until a new type or field is added here. */
import type { Event, Stamp, StampedEvent } from '../../../src/events/events.js';
import type { ObjectReport, RunReport } from '../../../src/events/run-report.js';
import { Failure } from '../../../src/failure/failure.js';

export const PREFIX = '2022-05-01T06:59:17+00:00';
/** 1.4 GiB. */
export const SIZE = 1_503_238_554;

export const STAGE_FAILED = new Failure({
  code: 'STAGE_FAILED',
  message: 'stage 1 of 3, mysqldump, exited with status 2 after 4.1 s',
  details: [
    'stages 2 (zstd) and 3 (gpg) ended normally.',
    'last lines of stderr:',
    "| mysqldump: Got error: 1045: Access denied for user 'root'@'localhost'",
  ],
  hint: 'look at its last lines, then run it by hand as the user of palhm',
  place: { file: '/etc/palhm/palhm.jsonc', line: 12, column: 7 },
});

export const STAMP: Stamp = {
  run: '5f0c9b1e-3c1f-4d5e-9d0a-0b6f4f1a2b3c',
  task: 'backup',
  time: Date.UTC(2022, 4, 1, 6, 59, 17),
};

export function stamp<E extends Event>(event: E): E & Stamp {
  return { ...event, ...STAMP };
}

export const OBJECT: ObjectReport = {
  path: 'all-db.sql.zst',
  group: 'databases',
  state: 'finished',
  size: SIZE,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  durationMs: 192_000,
};

export const REPORT: RunReport = {
  id: STAMP.run ?? '',
  task: 'backup',
  kind: 'backup',
  host: 'db1',
  started: STAMP.time,
  finished: STAMP.time + 192_000,
  copy: {
    prefix: PREFIX,
    location: `/media/backup/${PREFIX}`,
    size: SIZE,
    durationMs: 192_000,
  },
  objects: [OBJECT, { ...OBJECT, path: 'etc.tar', group: 'files', size: 512, durationMs: 4100 }],
  failure: undefined,
  afterwards: [],
  freezes: [{ group: 'db', durationMs: 312 }],
  rotation: {
    kept: 30,
    removed: [
      {
        prefix: '2022-03-01T06:59:17+00:00',
        size: SIZE,
        reason: 'the oldest of 31, 30 are kept',
      },
    ],
    freed: SIZE,
  },
  skipped: undefined,
  children: [],
};

const EVENTS: { readonly [T in Event['type']]: Extract<Event, { readonly type: T }> } = {
  'task-started': { type: 'task-started', kind: 'backup' },
  'task-finished': { type: 'task-finished', durationMs: 192_000, report: REPORT },
  'task-failed': {
    type: 'task-failed',
    durationMs: 192_000,
    failure: STAGE_FAILED,
    report: { ...REPORT, copy: undefined, rotation: undefined, failure: STAGE_FAILED },
  },
  'task-skipped': {
    type: 'task-skipped',
    reason: 'before, check-disk, ended with 75: no disk',
    durationMs: 12,
    report: { ...REPORT, copy: undefined, rotation: undefined, skipped: 'no disk' },
  },
  'hook-started': {
    type: 'hook-started',
    hook: 'before',
    part: 'group',
    name: 'databases',
    command: 'stop app',
  },
  'hook-finished': {
    type: 'hook-finished',
    hook: 'before',
    part: 'group',
    name: 'databases',
    command: 'stop app',
    result: 'failed',
    durationMs: 192_000,
  },
  'snapshot-taken': {
    type: 'snapshot-taken',
    group: 'databases',
    source: 'the btrfs subvolume /srv/data',
    durationMs: 12,
  },
  thawed: { type: 'thawed', group: 'databases', durationMs: 192_000 },
  'snapshot-removed': {
    type: 'snapshot-removed',
    group: 'databases',
    source: 'the btrfs subvolume /srv/data',
  },
  'lock-waiting': { type: 'lock-waiting', root: '/media/backup', holder: 'process 4711' },
  'leftover-removed': { type: 'leftover-removed', what: '/media/backup/.partial', processes: 2 },
  'copy-opened': {
    type: 'copy-opened',
    sink: 'localfs /media/backup',
    prefix: PREFIX,
    objects: 2,
  },
  'group-started': { type: 'group-started', group: 'databases', objects: 1 },
  'group-finished': { type: 'group-finished', group: 'databases' },
  'object-started': {
    type: 'object-started',
    object: 'all-db.sql.zst',
    group: 'databases',
    stages: ['mysqldump', 'zstd'],
  },
  'object-progress': { type: 'object-progress', object: 'all-db.sql.zst', bytes: SIZE },
  'object-finished': {
    type: 'object-finished',
    object: 'all-db.sql.zst',
    group: 'databases',
    size: SIZE,
    sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    durationMs: 192_000,
  },
  'object-failed': {
    type: 'object-failed',
    object: 'all-db.sql.zst',
    group: 'databases',
    failure: STAGE_FAILED,
  },
  'object-cancelled': { type: 'object-cancelled', object: 'etc.tar', group: 'files' },
  'object-damaged': {
    type: 'object-damaged',
    object: 'etc.tar',
    problem: 'object "etc.tar" has 1 bytes, the manifest says 2',
  },
  'verify-started': { type: 'verify-started', prefix: PREFIX, objects: 2 },
  'verify-finished': {
    type: 'verify-finished',
    prefix: PREFIX,
    result: 'damaged',
    problems: 1,
    read: 2,
    of: 30,
    size: SIZE,
    durationMs: 192_000,
  },
  'stage-output-left-out': {
    type: 'stage-output-left-out',
    source: 'all-db.sql.zst',
    stage: 'mysqldump',
    stream: 'stderr',
    level: 2,
    count: 13_000,
    bytes: 1_300_000,
  },
  'stage-output': {
    type: 'stage-output',
    source: 'all-db.sql.zst',
    stage: 'mysqldump',
    line: 'a partial dump\tof \u001b[31mall',
    stream: 'stderr',
    level: 2,
  },
  'exec-started': { type: 'exec-started', command: 'dnf -y update' },
  'exec-finished': {
    type: 'exec-finished',
    command: 'dnf -y update',
    durationMs: 4100,
  },
  stopping: { type: 'stopping', reason: 'an object failed' },
  standing: {
    type: 'standing',
    running: [
      { name: 'all-db.sql', bytes: 1_500_000, elapsed: 4000 },
      { name: '/bin/sh -c true', bytes: null, elapsed: 500 },
    ],
    done: 1,
    waiting: 7,
    lock: null,
  },
  'processes-left': {
    type: 'processes-left',
    processes: [
      { pid: 4711, command: 'gpg-agent' },
      { pid: 4712, command: 'ssh' },
    ],
  },
  'copy-committed': {
    type: 'copy-committed',
    prefix: PREFIX,
    size: SIZE,
    objects: 2,
    durationMs: 192_000,
    location: `/media/backup/${PREFIX}`,
  },
  'copy-rolled-back': { type: 'copy-rolled-back', prefix: PREFIX },
  'copy-removed': {
    type: 'copy-removed',
    prefix: '2022-03-01T06:59:17+00:00',
    size: SIZE,
    reason: 'the oldest of 31, 30 are kept',
  },
  'rotation-finished': {
    type: 'rotation-finished',
    kept: 30,
    removed: 1,
    freed: SIZE,
  },
  'restore-started': {
    type: 'restore-started',
    prefix: '2022-05-01T06:59:17+00:00',
    source: '/media/backup/2022-05-01T06:59:17+00:00',
    target: '/srv/back',
    objects: 2,
  },
  'restore-finished': {
    type: 'restore-finished',
    prefix: '2022-05-01T06:59:17+00:00',
    size: SIZE,
    objects: 2,
    durationMs: 192_000,
    target: '/srv/back',
    report: {
      prefix: PREFIX,
      source: `/media/backup/${PREFIX}`,
      target: '/srv/back',
      size: SIZE,
      durationMs: 192_000,
      objects: REPORT.objects,
    },
  },
  'drill-started': {
    type: 'drill-started',
    prefix: PREFIX,
    location: `/media/backup/${PREFIX}`,
  },
  'drill-step-started': {
    type: 'drill-step-started',
    step: 'restore',
    what: 'all-db.sql.zst',
  },
  'drill-step-finished': {
    type: 'drill-step-finished',
    step: 'check',
    what: 'mariadb --socket=socket',
    durationMs: 4100,
  },
  'drill-finished': {
    type: 'drill-finished',
    prefix: PREFIX,
    result: 'passed',
    durationMs: 192_000,
  },
  warning: {
    type: 'warning',
    message: 'The newest copy is dated after now.',
    details: ['2032-01-01T00:00:00+00:00 is kept and not counted.'],
  },
  failed: { type: 'failed', failure: STAGE_FAILED },
  'run-finished': {
    type: 'run-finished',
    operation: 'run',
    result: 'failed',
    exitCode: 1,
    durationMs: 192_000,
  },
  debug: { type: 'debug', message: 'umask 077' },
};

type Samples = { readonly [T in Event['type']]: Extract<StampedEvent, { readonly type: T }> };

export const SAMPLES = Object.fromEntries(
  Object.entries(EVENTS).map(([type, event]) => [type, stamp(event)]),
) as Samples;
