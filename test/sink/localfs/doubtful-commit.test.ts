/** The root cannot be synced after the rename that publishes a copy: what is left of it is said as it is. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import files, { type FileHandle, open, rename } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeEach, it, type TestContext } from 'node:test';
import type { OpenCopy, Sink } from '../../../src/sink/sink.js';
import { mountPerTest, TMPFS } from '../../rig/mounts.js';
import { makeScratch } from '../../rig/scratch.js';
import {
  listedNames,
  localfsPlan,
  manifestOf,
  prefixAt,
  sinkOf,
  writeObject,
} from '../../rig/sinks.js';

const PREFIX = prefixAt(1);

let root: string;
const mountFor = mountPerTest();
let mend: () => void;
let sink: Sink;

beforeEach(() => {
  root = makeScratch();
  mend = () => undefined;
});
afterEach(() => {
  mend();
  rmSync(root, { recursive: true });
});

/** The root gets a file system of its own. False, and the test skipped, when none can be mounted. */
async function openRoot(context: TestContext): Promise<boolean> {
  if (!mountFor(context, TMPFS, root)) return false;
  sink = await sinkOf(localfsPlan(root));
  return true;
}

/** From now on the root cannot be synced, with what the disk does at that moment. */
async function failToSync(meanwhile: () => void): Promise<void> {
  const handle = await open(root);
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const own = Object.getOwnPropertyDescriptor(prototype, 'sync') ?? assert.fail();
  const sync = own.value as FileHandle['sync'];
  prototype.sync = async function (this: FileHandle) {
    if (readlinkSync(`/proc/self/fd/${this.fd}`) !== root) return await sync.call(this);
    meanwhile();
    throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO', errno: -5 });
  };
  mend = () => void Object.defineProperty(prototype, 'sync', own);
}

function remount(how: 'ro' | 'rw'): void {
  execFileSync('mount', ['-o', `remount,${how}`, root]);
}

async function commitOne(): Promise<OpenCopy> {
  const copy = await sink.open(PREFIX, { id: 'run-1' });
  const object = await writeObject(copy, 'o', 'echo text');
  await assert.rejects(copy.commit(manifestOf(PREFIX, [object])), {
    code: 'SINK_UNAVAILABLE',
    message: /cannot commit the copy .*: EIO/,
  });
  return copy;
}

it('it is not listed, and nothing of it is left', async (context) => {
  if (!(await openRoot(context))) return;
  await failToSync(() => undefined);
  const copy = await commitOne();
  assert.deepEqual(await listedNames(sink), []);
  await copy.abort();
  assert.deepEqual(readdirSync(root), []);
});

it('when its name cannot be taken back, abort says that it is listed', async (context) => {
  if (!(await openRoot(context))) return;
  await failToSync(() => remount('ro'));
  const copy = await commitOne();
  await assert.rejects(copy.abort(), {
    code: 'SINK_UNAVAILABLE',
    message: /is whole and is listed, but may not survive a power cut.*EROFS/,
  });
  assert.deepEqual(await listedNames(sink), [PREFIX.name]);
  remount('rw');
  await copy.abort();
  assert.deepEqual(readdirSync(root), []);
});

it('when the root was moved away during the run, nothing is committed, and abort says so', async () => {
  sink = await sinkOf(localfsPlan(root));
  const copy = await sink.open(PREFIX, { id: 'run-1' });
  const object = await writeObject(copy, 'o', 'echo text');
  const moved = `${root}-moved`;
  renameSync(root, moved);
  mkdirSync(root);
  const isElsewhere = /is not the directory any more that this run has made/;
  await assert.rejects(copy.commit(manifestOf(PREFIX, [object])), { message: isElsewhere });
  await assert.rejects(copy.abort(), { message: isElsewhere });
  assert.deepEqual(readdirSync(root), []);
  rmSync(moved, { recursive: true });
});

const PARTIAL = '.palhm-partial.run-1';

it('what is written goes into the directory of the copy, also while another one has its name', async () => {
  sink = await sinkOf(localfsPlan(root));
  const copy = await sink.open(PREFIX, { id: 'run-1' });
  const [partial, aside] = [join(root, PARTIAL), join(root, 'aside')];
  renameSync(partial, aside);
  mkdirSync(partial);
  const objects = [await writeObject(copy, 'o', 'echo text'), await writeObject(copy, 'd/o', ':')];
  assert.deepEqual(readdirSync(partial), []);
  rmSync(partial, { recursive: true });
  renameSync(aside, partial);
  await copy.commit(manifestOf(PREFIX, objects));
  const names = readdirSync(join(root, PREFIX.name));
  assert.deepEqual(names.sort(), ['.palhm-manifest.json', 'd', 'o']);
});

it('another directory that gets the name in the last moment is not taken for the copy', async () => {
  sink = await sinkOf(localfsPlan(root));
  const copy = await sink.open(PREFIX, { id: 'run-1' });
  const object = await writeObject(copy, 'o', 'echo text');
  const [partial, aside] = [join(root, PARTIAL), join(root, 'aside')];
  const useRename = (one: typeof rename): void => {
    files.rename = one;
    syncBuiltinESMExports();
  };
  const original = rename;
  mend = () => useRename(original);
  useRename(async (from, to) => {
    useRename(original);
    renameSync(partial, aside);
    mkdirSync(join(partial, 'foreign'), { recursive: true });
    await original(from, to);
  });
  await assert.rejects(copy.commit(manifestOf(PREFIX, [object])), {
    message: /is not the directory any more that this run has made/,
  });
  assert.deepEqual(await listedNames(sink), []);
  assert.deepEqual(readdirSync(partial), ['foreign']);
  await assert.rejects(copy.abort(), { message: /is not the directory any more/ });
});
