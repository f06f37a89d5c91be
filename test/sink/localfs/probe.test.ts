/** What is found out about a root by trying it. */
import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it, type TestContext } from 'node:test';
import type { Finding } from '../../../src/sink/probe.js';
import { probeSink } from '../../../src/sink/registry.js';
import { mountPerTest, tmpfsOf } from '../../rig/mounts.js';
import { makeScratch } from '../../rig/scratch.js';
import {
  contextOf,
  listedNames,
  localfsPlan,
  lockNow,
  makeCopy,
  prefixAt,
  sinkOf,
} from '../../rig/sinks.js';

const EVERYTHING = [
  'reach the root',
  'file system',
  'free space',
  'write a file',
  'permissions',
  'lock out other runs',
  'rename and remove',
];

describe('localfs, tried', () => {
  let directory: string;
  const mountFor = mountPerTest();
  beforeEach(() => {
    directory = makeScratch();
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  async function probe(root: string, signal = new AbortController().signal) {
    const findings = await probeSink(localfsPlan(root), { ...contextOf(), signal });
    const missing = findings.filter(({ state }) => state === 'missing');
    return { findings, missing: missing.map(({ name }) => name) };
  }

  const detailOf = (findings: readonly Finding[], wanted: string): string =>
    findings.find(({ name }) => name === wanted)?.detail ?? '';

  /** A file system of its own. False, and the test skipped, when that cannot be had. */
  const mount = (context: TestContext, options: string): boolean =>
    mountFor(context, tmpfsOf(options), directory);

  it('finds everything there and leaves nothing', async () => {
    const { findings, missing } = await probe(directory);
    assert.deepEqual(missing, []);
    assert.deepEqual(
      findings.map(({ name }) => name),
      EVERYTHING,
    );
    assert.match(detailOf(findings, 'free space'), /^[\d.]+ [KMGT]iB.* can still be written$/);
    assert.deepEqual(readdirSync(directory), []);
  });

  it('does not make a root that is missing, but tries where it would be', async () => {
    const { findings, missing } = await probe(join(directory, 'a/b'));
    assert.deepEqual(missing, []);
    assert.ok(detailOf(findings, 'reach the root').endsWith(`is to be made below ${directory}`));
    assert.deepEqual(readdirSync(directory), []);
  });

  it('can be done beside a run', async () => {
    const sink = await sinkOf(localfsPlan(directory));
    const lock = await lockNow(sink);
    await makeCopy(sink, prefixAt(0));
    assert.deepEqual((await probe(directory)).missing, []);
    await lock.release();
  });

  it('says that the root is a file, and tries nothing further', async () => {
    const root = join(directory, 'file');
    writeFileSync(root, '');
    const { findings, missing } = await probe(root);
    assert.deepEqual(missing, ['reach the root']);
    assert.equal(findings.length, 1);
    assert.match(findings[0]?.detail ?? '', /is not a directory/);
  });

  it('says that it is memory, and whose', async (context) => {
    if (!mount(context, 'size=4m')) return;
    const { findings, missing } = await probe(directory);
    assert.deepEqual(missing, []);
    const found = findings.find(({ name }) => name === 'file system');
    assert.equal(found?.state, 'note');
    assert.match(found.detail, /^tmpfs of palhm-test, mounted at .*: it is memory$/);
  });

  it('says that it is full', async (context) => {
    if (!mount(context, 'size=1m')) return;
    writeFileSync(join(directory, 'fill'), Buffer.alloc(1_000_000));
    const { missing } = await probe(directory);
    assert.ok(missing.includes('free space'));
  });

  it('says that it is read-only', async (context) => {
    if (!mount(context, 'size=4m,ro')) return;
    const { findings, missing } = await probe(directory);
    assert.deepEqual(missing, ['write a file']);
    assert.match(findings.find(({ state }) => state === 'missing')?.hint ?? '', /read-only/);
  });

  it('stops when it is told to', async () => {
    assert.deepEqual((await probe(directory, AbortSignal.abort())).findings, []);
  });

  it('is no stranger and no copy while it is there, and nothing sweeps it', async () => {
    const sink = await sinkOf(localfsPlan(directory));
    const lock = await lockNow(sink);
    const name = '.palhm-probe-1b4e28ba-2fa1-11d2-883f-0016d3cca427';
    writeFileSync(join(directory, name), '');
    await makeCopy(sink, prefixAt(0));
    assert.deepEqual(await sink.tidy(), []);
    assert.deepEqual(await listedNames(sink), [prefixAt(0).name]);
    assert.deepEqual((await sink.list()).strangers, []);
    assert.ok(readdirSync(directory).includes(name));
    await lock.release();
  });
});
