import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { findConfigFile } from '../../src/config/load.js';
import type { BackupPlan, Plan } from '../../src/config/plan/plan.js';
import { ConfigErrors } from '../../src/config/read/diagnostics.js';
import { Failure } from '../../src/failure/failure.js';
import { loadFile, loadText } from '../rig/load.js';

const VALID = resolve('test/fixtures/config/valid');
const ALL = join(VALID, 'all');

function backupOf(plan: Plan, id: string): BackupPlan {
  const task = plan.tasks.get(id);
  assert.equal(task?.type, 'backup');
  return task;
}

/** An object from the README of the original. */
const OBJECT = await readFile(join(VALID, 'readme/object.fragment.jsonc'), 'utf8');

/** An example of the same README. Where it leaves the objects to the reader, this one is put. */
async function readExample(name: string): Promise<string> {
  const text = await readFile(join(VALID, 'readme', name), 'utf8');
  return text.replace('"objects": [ /* ... */ ]', `"objects": [ ${OBJECT} ]`);
}

const literal = (text: string) => ({ type: 'literal', text });

test('an empty config has the defaults', async () => {
  const plan = await loadText('{}');
  assert.equal(plan.workers, availableParallelism());
  assert.equal(plan.verbosity, 3);
  assert.equal(plan.tasks.size, 0);
});

test('workers: negative is no limit, zero the CPUs, positive itself', async () => {
  assert.equal((await loadText('{ "nb-workers": -3 }')).workers, Number.POSITIVE_INFINITY);
  assert.equal((await loadText('{ "nb-workers": 0 }')).workers, availableParallelism());
  assert.equal((await loadText('{ "nb-workers": 7 }')).workers, 7);
});

test('a byte order mark is no syntax error', async () => {
  assert.equal((await loadText('\uFEFF{ "vl": 1 }')).verbosity, 1);
});

test('every key of localfs reaches the plan', async () => {
  const plan = await loadFile(join(ALL, 'palhm.jsonc'));
  assert.equal(plan.workers, Number.POSITIVE_INFINITY);
  assert.equal(plan.verbosity, 2);
  assert.deepEqual(backupOf(plan, 'local').sink, {
    type: 'localfs',
    root: join(ALL, 'copies'),
    directoryMode: 0o700,
    fileMode: 0o600,
    minFree: undefined,
    prefix: { timespec: 'milliseconds' },
    retention: {
      copies: { type: 'at-most', value: 123456789012345678901n },
      size: { type: 'at-most', value: 1536n },
      keep: {
        last: 7,
        daily: 14,
        weekly: 8,
        monthly: 12,
        yearly: 3,
        within: { ms: 30 * 24 * 3_600_000 },
      },
    },
  });
});

test('a root that a shell would expand is taken as it stands, and that is said', async () => {
  const task = (root: string) => `{"tasks": [{"id": "b", "type": "backup", "backend": "localfs",
    "backend-param": {"root": "${root}"}, "objects": [${OBJECT}]}]}`;
  for (const root of ['~/backup', '/srv/$HOST'])
    assert.match((await loadText(task(root))).warnings.join(), /palhm expands neither ~ nor \$$/);
  assert.deepEqual((await loadText(task('/srv/a~b'))).warnings, []);
});

test('groups come after those they depend on, the implicit one among them', async () => {
  const plan = await loadFile(join(ALL, 'palhm.jsonc'));
  const groups = backupOf(plan, 'local').groups;
  const order = groups.map((group) => group.id);
  assert.deepEqual([...order].sort(), ['a', 'b', 'c', 'd', 'default']);
  for (const group of groups) {
    for (const on of group.depends) assert.ok(order.indexOf(on) < order.indexOf(group.id));
  }
});

test('every key of an exec reaches the plan, and what is appended comes last', async () => {
  const plan = await loadFile(join(ALL, 'palhm.jsonc'));
  const group = backupOf(plan, 'local').groups.find((one) => one.id === 'd');
  const [object] = group?.objects ?? [];
  assert.equal(object?.path, 'deep/er/etc.tar.zst');
  assert.equal(object.allocSize, 2 * 1024 * 1024);
  const [tar, zstd, openssl] = object.pipeline;
  assert.deepEqual(tar, {
    id: 'tar',
    place: { file: join(ALL, 'palhm.jsonc'), line: 58, column: 13 },
    argv: ['tar', '-c', '/etc'].map(literal),
    env: new Map([
      ['LC_ALL', literal('C')],
      ['TZ', literal('CET')],
    ]),
    accepted: { min: 0, max: 1 },
    signals: ['SIGPIPE', 'SIGTERM', 'SIGHUP', 'SIGINT'],
    stdoutLevel: 5,
    stderrLevel: 0,
    cwd: join(ALL, 'work'),
    timeout: { ms: 5_400_000 },
    nice: 10,
    ionice: { class: 'best-effort', level: 7 },
    user: 'root',
    inside: undefined,
    inverse: {
      argv: ['tar', '-x'].map(literal),
      env: new Map([['A', { type: 'run', what: 'host' }]]),
    },
  });
  assert.deepEqual(zstd?.ionice, { class: 'idle', level: undefined });
  assert.equal(zstd.stdoutLevel, 4);
  assert.deepEqual(zstd.inverse?.argv, [literal('unzstd')]);
  assert.deepEqual(openssl?.argv.slice(1), [
    { type: 'env', name: 'PLAIN', secret: false },
    { type: 'env', name: 'HIDDEN', secret: true },
    { type: 'file', path: join(ALL, 'key') },
    { type: 'credential', name: 'key' },
    { type: 'run', what: 'prefix' },
    { type: 'concat', parts: [literal('--out='), { type: 'run', what: 'object' }] },
  ]);
  assert.deepEqual([openssl.stdoutLevel, openssl.stderrLevel], [3, 1]);
});

test('null takes any parameters', async () => {
  const dry = backupOf(await loadFile(join(ALL, 'palhm.jsonc')), 'dry');
  assert.deepEqual(dry.sink, { type: 'null' });
});

test('the greatest age of a backup is that of its config, if it says one', async () => {
  const plan = await loadFile(join(ALL, 'palhm.jsonc'));
  assert.deepEqual(backupOf(plan, 'dry').maxAge, { ms: 93_600_000 });
  assert.equal(backupOf(plan, 'local').maxAge, undefined);
});

test('a routine keeps the order of its steps', async () => {
  const routine = (await loadFile(join(ALL, 'palhm.jsonc'))).tasks.get('default');
  assert.equal(routine?.type, 'routine');
  const [mask, first, second, exec] = routine.steps;
  assert.deepEqual(mask, {
    type: 'sigmask',
    changes: [
      { action: 'block', signals: ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] },
      { action: 'unblock', signals: [] },
    ],
  });
  assert.deepEqual(
    [first, second],
    [
      { type: 'task', taskId: 'local' },
      { type: 'task', taskId: 'local' },
    ],
  );
  assert.equal(exec?.type, 'exec');
});

const LIMITS: readonly [written: string, limit: bigint | undefined][] = [
  ['30', 30n],
  ['"30"', 30n],
  ['30.9', 30n],
  ['"30.9"', 30n],
  ['1.9999999999999999999', 1n],
  ['1e3', 1000n],
  ['9007199254740993', 9007199254740993n],
  ['1e400', 10n ** 400n],
  ...['"inf"', '"-inf"', '"Infinity"', '"-INFINITY"'].map((text): [string, undefined] => [
    text,
    undefined,
  ]),
];

for (const [written, limit] of LIMITS) {
  test(`nb-copy-limit ${written}`, async () => {
    const plan = await loadText(
      `{"tasks":[{"id":"a","type":"backup","backend":"localfs","backend-param":{"root":"r","nb-copy-limit":${written}},"objects":[${OBJECT}]}]}`,
    );
    const { sink } = backupOf(plan, 'a');
    assert.equal(sink.type, 'localfs');
    const expected = limit === undefined ? { type: 'none' } : { type: 'at-most', value: limit };
    assert.deepEqual(sink.retention.copies, expected);
  });
}

test('the examples of the original README load unchanged', async () => {
  const plan = await loadText(await readExample('localfs.jsonc'));
  const { sink } = backupOf(plan, 'backup');
  assert.equal(sink.type, 'localfs');
  assert.deepEqual([sink.directoryMode, sink.fileMode], [0o755, 0o644]);
  assert.deepEqual(sink.retention.copies, { type: 'none' });

  const groups = await readFile(join(VALID, 'readme/groups.fragment.jsonc'), 'utf8');
  const members = groups.slice(groups.indexOf('{') + 1, groups.lastIndexOf('}')).trimEnd();
  const composed = await loadText(
    `{"tasks":[{"id":"a","type":"backup","backend":"null",${members},"objects":[${OBJECT}]}]}`,
  );
  const order = backupOf(composed, 'a').groups.map((group) => group.id);
  assert.ok(order.indexOf('http') < order.indexOf('sql'));
  assert.ok(order.indexOf('sql') < order.indexOf('ldap'));
});

test('the README example for aws-s3 is read as it is', async () => {
  const { sink } = backupOf(await loadText(await readExample('aws-s3.jsonc')), 'backup');
  assert.ok(sink.type === 'aws-s3');
  const { bucket, root, profile, storageClass, finalStorageClass } = sink;
  assert.deepEqual(
    { bucket, root, profile, storageClass, finalStorageClass },
    {
      bucket: 'palhm.test',
      root: 'palhm/backup',
      // The profile "default" is what the chain of the SDK finds, after the environment.
      profile: undefined,
      storageClass: 'STANDARD',
      // Nothing is to be moved: both classes are the same.
      finalStorageClass: undefined,
    },
  );
});

for (const [root, expected] of [
  ['a', 'a'],
  ['/a/b/', 'a/b'],
  ['//a//b', 'a/b'],
  ['/', ''],
] as const) {
  test(`the root ${root} of a bucket is ${JSON.stringify(expected)}`, async () => {
    const param = JSON.stringify({ bucket: 'b', root });
    const plan = await loadText(
      `{"tasks":[{"id":"a","type":"backup","backend":"aws-s3","backend-param":${param},"objects":[${OBJECT}]}]}`,
    );
    const { sink } = backupOf(plan, 'a');
    assert.equal(sink.type === 'aws-s3' ? sink.root : undefined, expected);
  });
}

test('a file that is not there has no place', async () => {
  await assert.rejects(loadFile('/nowhere/palhm.jsonc'), {
    code: 'CONFIG_NOT_FOUND',
    message: 'The config file "/nowhere/palhm.jsonc" cannot be read: no such file or directory.',
    place: undefined,
  });
});

test('a key named __proto__ is unknown like any other', async () => {
  await assert.rejects(loadText('{ "__proto__": { "vl": 1 } }'), { code: 'CONFIG_UNKNOWN_KEY' });
});

test('the named file is the config file', () => {
  assert.equal(findConfigFile('/etc/other.jsonc'), '/etc/other.jsonc');
});

test('ConfigErrors is a Failure', () => {
  assert.ok(new ConfigErrors([]) instanceof Failure);
});

test('ten thousand objects in a thousand groups plan well below two seconds', async () => {
  const groups = Array.from({ length: 1000 }, (_, index) => ({
    id: `g${index}`,
    depends: index < 2 ? [] : [`g${index - 1}`, `g${Math.floor(index / 2)}`],
  }));
  const objects = Array.from({ length: 10_000 }, (_, index) => ({
    path: `d${index % 100}/e${index % 1000}/${index}`,
    group: `g${index % 1000}`,
    pipeline: [{ type: 'exec-inline', argv: ['true'] }],
  }));
  const task = { id: 'a', type: 'backup', backend: 'null', 'object-groups': groups, objects };
  const text = JSON.stringify({ tasks: [task] });
  const before = process.cpuUsage();
  const plan = await loadText(text);
  // CPU time: what else the machine does is not palhm's.
  const { user, system } = process.cpuUsage(before);
  const took = (user + system) / 1000;
  assert.equal(backupOf(plan, 'a').groups.length, 1000);
  assert.ok(took < 2000, `took ${took} ms`);
});
