/** The exact output of commands with `--json`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsOf } from '../../src/sink/registry.js';
import { encodeCopies } from '../../src/wire/copies.js';
import { encodeCopy } from '../../src/wire/copy.js';
import { writeJson } from '../../src/wire/json-text.js';
import { encodePlan } from '../../src/wire/plan.js';
import { encodeRotation } from '../../src/wire/rotation.js';
import { KNOWN, MANIFEST, ORIGINAL, OURS } from '../report/copies/copies.js';
import { PLAN } from '../report/plan/plan-sample.js';
import { loadFile } from '../rig/load.js';
import { ROTATION } from './samples.js';

test('lists copies as the documented JSON, key for key', () => {
  const text = writeJson(encodeCopies('backup', [ORIGINAL, OURS]));
  assert.equal(
    JSON.stringify(JSON.parse(text)),
    '{"task":"backup","copies":[' +
      '{"prefix":"2022-04-01T06:59:17+00:00","size":512,"objects":1,"started":null,"finished":null,"manifest":false,"verify":null,"drill":null},' +
      '{"prefix":"2022-05-01T06:59:17+00:00","size":1503238554,"objects":2,"started":"2022-05-01T06:59:17.000Z","finished":"2022-05-01T07:02:29.000Z","manifest":true,"verify":null,"drill":null}]}',
  );
  assert.ok(text.endsWith('}\n'));
});

test('lists what is known of a copy', () => {
  const known = writeJson(encodeCopies('backup', [KNOWN]));
  const { verify, drill } = JSON.parse(known).copies[0];
  assert.deepEqual(verify, { ...KNOWN.records.verify, undecoded: null });
  assert.deepEqual(drill, {
    at: '2022-05-03T04:00:00.000Z',
    host: 'db2',
    result: 'failed',
    duration_ms: 1200,
    problem: 'mysql ended with 1',
  });
});

test('gives the manifest whole as JSON, or null', () => {
  const ours = JSON.parse(writeJson(encodeCopy({ copy: OURS, manifest: MANIFEST, lines: [] })));
  assert.deepEqual(ours.manifest, MANIFEST);
  assert.equal(ours.copy.prefix, '2022-05-01T06:59:17+00:00');
  const original = JSON.parse(
    writeJson(encodeCopy({ copy: ORIGINAL, manifest: undefined, lines: [] })),
  );
  assert.deepEqual(original.manifest, null);
  assert.equal(original.copy.manifest, false);
});

test('writes the rotation', () => {
  assert.deepEqual(JSON.parse(writeJson(encodeRotation('backup', ROTATION))), {
    task: 'backup',
    copies: [
      {
        prefix: '2022-04-01T06:59:17+00:00',
        size: 512,
        action: 'remove',
        reason: 'the oldest of 2, 1 is kept',
      },
      {
        prefix: '2022-05-01T06:59:17+00:00',
        size: 1_503_238_554,
        action: 'keep',
        reason: 'the newest',
      },
    ],
    keeping: 1,
    removing: 1,
    freeing: 512,
    refused: null,
    warnings: ['the clock is\nwrong'],
  });
});

test('writes a plan', () => {
  const json = JSON.parse(writeJson(encodePlan(PLAN, 'backup', factsOf)));
  assert.deepEqual(Object.keys(json), ['task', 'workers', 'tasks']);
  const [backup] = json.tasks;
  assert.deepEqual(backup.sink, {
    type: 'localfs',
    root: '/media/backup',
    directory_mode: '750',
    file_mode: '640',
    min_free: null,
    timespec: 'seconds',
    copies_limit: '30',
    size_limit: '123456789012345678901',
    keep: { last: 7, daily: 14, weekly: 0, monthly: 0, yearly: 3, within_ms: 259_200_000 },
  });
  assert.deepEqual(backup.sign, {
    key: '${credential:sign-key}',
    trusted: ['${file:/etc/palhm/old.pub}'],
  });
  assert.deepEqual(
    backup.groups.map((group: { id: string; depends: string[] }) => [group.id, group.depends]),
    [
      ['databases', []],
      ['nothing', ['databases']],
      ['files [&] <more>', ['databases', 'nothing']],
    ],
  );
  const plain = {
    cwd: null,
    timeout_ms: null,
    nice: null,
    ionice: null,
    user: null,
    in: null,
    inverse: null,
    signals: [],
    accepts: { min: 0, max: 0 },
  };
  assert.deepEqual(backup.recovery, {
    pre: [{ ...plain, id: null, argv: ['stop', 'all'], env: {} }],
    end: [{ ...plain, id: null, argv: ['update-grub'], env: {} }],
    post: [{ ...plain, id: null, argv: ['start', 'all'], env: {} }],
  });
  assert.deepEqual(backup.groups[0].snapshot, {
    type: 'lvm',
    volumes: [
      { volume: 'vg0/mysql', size: 5_368_709_120, part: [], mount: { options: ['noatime'] } },
      {
        volume: 'vg0/log',
        size: 1_073_741_824,
        part: [
          { type: 'partition', number: 2 },
          { type: 'luks', key: '${credential:guest-disk}' },
          { type: 'lvm', volume: 'vg0/root' },
        ],
        mount: null,
      },
    ],
    freeze: null,
    after_snapshot: [],
  });
  assert.deepEqual(backup.groups[0].objects[0], {
    path: 'all "db".sql.zst',
    alloc_size: 1_503_238_554,
    expect: {
      min_size: 1_048_576,
      max_shrink_percent: 50,
      max_growth_percent: 300,
      texts: [{ type: 'ends-with', text: '-- Dump completed', stage: 1 }],
    },
    pipeline: [
      {
        ...plain,
        id: 'dump-db',
        argv: ['mysqldump', '--host=${run:host}'],
        env: { MYSQL_PWD: '${credential:db}', TOKEN: '…' },
        timeout_ms: 192_000,
        user: 'mysql',
      },
      { ...plain, id: 'zstd', argv: ['zstd'], env: {}, inverse: ['zstd', '-d'] },
    ],
    restore: null,
    hooks: {
      before: [],
      after: [],
      on_error: [],
      always: [{ ...plain, id: null, argv: ['rm', '-f', '/tmp/x'], env: {} }],
    },
  });
});

test('writes routines and unlimited workers as JSON', () => {
  const unlimited = { ...PLAN, workers: Number.POSITIVE_INFINITY };
  const json = JSON.parse(writeJson(encodePlan(unlimited, 'default', factsOf)));
  assert.equal(json.workers, null);
  assert.deepEqual(
    json.tasks.map((task: { id: string }) => task.id),
    ['default', 'backup', 'test'],
  );
  const [first, second, third] = json.tasks[0].steps;
  assert.deepEqual(first, {
    type: 'sigmask',
    changes: [
      { action: 'block', signals: ['SIGINT', 'SIGTERM'] },
      { action: 'unblock', signals: ['SIGHUP'] },
    ],
  });
  assert.deepEqual(second.exec.argv, ['dnf', '-y', 'update']);
  assert.deepEqual(third, { type: 'task', task: 'backup' });
});

test('writes what the objects of a bucket are given', async () => {
  const json = writeJson(
    encodePlan(await loadFile('samples/aws-s3-locked.jsonc'), 'backup', factsOf),
  );
  const { tasks } = JSON.parse(json) as { tasks: { sink: Record<string, unknown> }[] };
  const { sink = {} } = tasks[0] ?? {};
  assert.deepEqual(
    [sink['encryption'], sink['kms_key_id'], sink['tags'], sink['object_lock'], sink['bandwidth']],
    [
      'aws:kms',
      'alias/backup',
      { purpose: 'backup', host: 'web1' },
      { mode: 'governance', retain_for_ms: 30 * 86_400_000 },
      6_000_000,
    ],
  );
  assert.equal(sink['role_arn'], 'arn:aws:iam::123456789012:role/backup');
});
