/** One event of each type, every field filled: a new type or field does not compile until it is here. */
import type { Event } from '../../../src/events/events.js';
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
  hint: 'run the stage by hand, or accept its exit code with "ec"',
  place: { file: '/etc/palhm/palhm.jsonc', line: 12, column: 7 },
});

export const SAMPLES: { readonly [T in Event['type']]: Extract<Event, { readonly type: T }> } = {
  'task-started': { type: 'task-started', task: 'backup', kind: 'backup' },
  'task-finished': { type: 'task-finished', task: 'backup', durationMs: 192_000 },
  'lock-waiting': { type: 'lock-waiting', root: '/media/backup', holder: 'process 4711' },
  'leftover-removed': { type: 'leftover-removed', what: '/media/backup/.partial', processes: 2 },
  'copy-opened': {
    type: 'copy-opened',
    task: 'backup',
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
  'verify-started': { type: 'verify-started', task: 'backup', prefix: PREFIX, objects: 2 },
  'verify-finished': {
    type: 'verify-finished',
    task: 'backup',
    prefix: PREFIX,
    result: 'damaged',
    problems: 1,
    read: 2,
    of: 30,
    size: SIZE,
    durationMs: 192_000,
  },
  'stage-output': {
    type: 'stage-output',
    source: 'all-db.sql.zst',
    stage: 'mysqldump',
    line: 'a partial dump\tof \u001b[31mall',
    stream: 'stderr',
    level: 2,
  },
  'exec-started': { type: 'exec-started', task: 'default', command: 'dnf -y update' },
  'exec-finished': {
    type: 'exec-finished',
    task: 'default',
    command: 'dnf -y update',
    durationMs: 4100,
  },
  stopping: { type: 'stopping', reason: 'an object failed' },
  'copy-committed': {
    type: 'copy-committed',
    task: 'backup',
    prefix: PREFIX,
    size: SIZE,
    objects: 2,
    durationMs: 192_000,
    location: `/media/backup/${PREFIX}`,
  },
  'copy-rolled-back': { type: 'copy-rolled-back', task: 'backup', prefix: PREFIX },
  'copy-removed': {
    type: 'copy-removed',
    task: 'backup',
    prefix: '2022-03-01T06:59:17+00:00',
    size: SIZE,
    reason: 'the oldest of 31, 30 are kept',
  },
  'rotation-finished': {
    type: 'rotation-finished',
    task: 'backup',
    kept: 30,
    removed: 1,
    freed: SIZE,
  },
  'restore-started': {
    type: 'restore-started',
    task: 'backup',
    prefix: '2022-05-01T06:59:17+00:00',
    source: '/media/backup/2022-05-01T06:59:17+00:00',
    target: '/srv/back',
    objects: 2,
  },
  'restore-finished': {
    type: 'restore-finished',
    task: 'backup',
    prefix: '2022-05-01T06:59:17+00:00',
    size: SIZE,
    objects: 2,
    durationMs: 192_000,
    target: '/srv/back',
  },
  'drill-started': {
    type: 'drill-started',
    task: 'backup',
    prefix: PREFIX,
    location: `/media/backup/${PREFIX}`,
  },
  'drill-step-started': {
    type: 'drill-step-started',
    task: 'backup',
    step: 'restore',
    what: 'all-db.sql.zst',
  },
  'drill-step-finished': {
    type: 'drill-step-finished',
    task: 'backup',
    step: 'check',
    what: 'mariadb --socket=socket',
    durationMs: 4100,
  },
  'drill-finished': {
    type: 'drill-finished',
    task: 'backup',
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
  debug: { type: 'debug', message: 'umask 077' },
};
