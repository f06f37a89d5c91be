/** `palhm config check --connect` as a command. */
import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { callPalhm, type Ended } from '../rig/palhm.js';
import { type AnsweringStore, errorXml, startAnswers } from '../rig/s3/answers.js';
import { makeScratch } from '../rig/scratch.js';
import { configOf, describeObject, SMALL_OBJECTS } from '../rig/site.js';

describe('config check --connect', () => {
  let directory: string;
  let config: string;
  let store: AnsweringStore;
  beforeEach(async () => {
    directory = makeScratch();
    config = join(directory, 'palhm.jsonc');
    store = await startAnswers(() => ({
      status: 404,
      body: errorXml('NoSuchBucket', 'The bucket does not exist'),
    }));
  });
  afterEach(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });

  const check = (...args: string[]): Promise<Ended> =>
    callPalhm(['-f', config, 'config', 'check', ...args]);

  /** A config with one task for each backend, with these roots. */
  function write(roots: { readonly localfs: string; readonly bucket?: string }): void {
    const credentials = { 'access-key-id': 'AKIDEXAMPLE', 'secret-access-key': 'hidden-secret' };
    const { endpoint } = store;
    const s3 = { bucket: roots.bucket, endpoint, region: 'us-east-1', credentials };
    const tasks = [
      { id: 'disk', backend: 'localfs', 'backend-param': { root: roots.localfs } },
      ...(roots.bucket === undefined
        ? []
        : [{ id: 'cloud', backend: 'aws-s3', 'backend-param': { root: 'r', ...s3 } }]),
      { id: 'nowhere', backend: 'null' },
    ].map((task) =>
      Object.assign(task, { type: 'backup', objects: SMALL_OBJECTS.map(describeObject) }),
    );
    writeFileSync(config, JSON.stringify({ ...configOf('/', { objects: SMALL_OBJECTS }), tasks }));
  }

  it('ends with 0 when nothing is missing, and says what it has tried', async () => {
    write({ localfs: directory });
    const { code, stdout, stderr } = await check('--connect');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^sink of task "disk": localfs .*\n {2}ok {2,}reach the root {2,}\//m);
    assert.match(stdout, /^sink of task "nowhere": null\n {2}nothing to try: it keeps nothing$/m);
    assert.match(stderr, /config ok: 1 file, 2 tasks/);
    assert.deepEqual(readdirSync(directory), ['palhm.jsonc']);
  });

  it('tells what is missing of all tasks at once, and ends with 1', async () => {
    write({ localfs: config, bucket: 'b' });
    const { code, stdout, stderr } = await check('--connect');
    assert.equal(code, 1);
    assert.match(stdout, /^ {2}missing {2}reach the root .* is not a directory/m);
    assert.match(stdout, /^ {2}missing {2}reach the bucket .*NoSuchBucket/m);
    assert.match(stderr, /^failed {2}2 things that backups need are missing {2}CONNECT_FAILED$/m);
    assert.match(stderr, /^ {2}disk: reach the root: .*\n {4}move it away/m);
    assert.match(stderr, /^ {2}cloud: reach the bucket: .*NoSuchBucket.*\n {4}make the bucket/m);
    assert.doesNotMatch(stderr, /config ok/);
    assert.doesNotMatch(stdout + stderr, /hidden-secret/);
  });

  it('with --quiet says only what is missing', async () => {
    write({ localfs: directory });
    const good = await check('--connect', '-q');
    assert.deepEqual([good.code, good.stdout, good.stderr], [0, '', '']);
    write({ localfs: config });
    const bad = await check('--connect', '-q');
    assert.deepEqual([bad.code, bad.stdout], [1, '']);
    assert.match(bad.stderr, /^failed {2}1 thing that backups need is missing {2}CONNECT_FAILED$/m);
  });

  it('prints JSON as it is documented, and nothing else', async () => {
    write({ localfs: directory, bucket: 'b' });
    const { code, stdout } = await check('--connect', '--json');
    assert.equal(code, 1);
    const { ok, tasks } = JSON.parse(stdout) as {
      ok: boolean;
      tasks: { task: string; sink: string; checks: object[] }[];
    };
    assert.equal(ok, false);
    assert.deepEqual(
      tasks.map(({ task, sink }) => [task, sink]),
      [
        ['disk', `localfs ${directory}`],
        ['cloud', 'aws-s3 s3://b/r'],
        ['nowhere', 'null'],
      ],
    );
    assert.deepEqual(tasks[1]?.checks, [
      {
        name: 'reach the bucket',
        state: 'missing',
        right: null,
        detail: 'cannot list s3://b/r: NoSuchBucket: The bucket does not exist',
        hint: 'make the bucket, or correct "bucket" or "endpoint"',
      },
    ]);
  });

  it('is asked for before there is JSON', async () => {
    write({ localfs: directory });
    const { code, stderr } = await check('--json');
    assert.equal(code, 2);
    assert.match(stderr, /--json works with --connect alone/);
  });

  it('tries nothing with a config that is wrong', async () => {
    writeFileSync(config, '{ "tasks": [{}] }');
    assert.equal((await check('--connect')).code, 78);
    assert.equal(store.requests.length, 0);
  });
});
