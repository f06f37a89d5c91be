/** What `src/sink/sink.ts` promises, held against a backend. Every backend that stores anything passes it unchanged. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import { MANIFEST_NAME } from '../../src/copy/manifest.js';
import type { Prefix } from '../../src/copy/prefix.js';
import { NO_RECORDS } from '../../src/copy/records.js';
import { Failure } from '../../src/failure/failure.js';
import type { Lock } from '../../src/host/file-lock.js';
import type { OpenCopy, Sink } from '../../src/sink/sink.js';
import { renderManifest } from '../../src/wire/manifest.js';
import { isAlive } from '../rig/processes.js';
import {
  beginObject,
  listedNames,
  lockNow,
  makeCopy,
  manifestOf,
  prefixAt,
  SMALL_OBJECT,
  sinkOf,
  startStage,
  writeObject,
} from '../rig/sinks.js';
import { describeList } from './contract-list.js';
import { describeNames } from './contract-names.js';
import { describeOriginals } from './contract-originals.js';
import { openLocked, type SinkRig } from './contract-rig.js';
import { describeStored } from './contract-stored.js';
import { describeVerdicts } from './contract-verdicts.js';
import { describeWriters } from './contract-writers.js';

export function describeSink(name: string, make: () => Promise<SinkRig>): void {
  describe(`${name}: writing`, () => describeWriters(make));
  describe(`${name}: stages that do not end well`, () => describeVerdicts(make));
  describe(`${name}: names`, () => describeNames(make));
  describe(`${name}: copies`, () => describeCopies(make));
  describe(`${name}: stored copies`, () => describeStored(make));
  describe(`${name}: one copy of many`, () => describeList(make));
  describe(`${name}: what has no manifest`, () => describeOriginals(make));
  describe(`${name}: lock`, () => describeLock(make));
}

function describeCopies(make: () => Promise<SinkRig>): void {
  let rig: SinkRig;
  let sink: Sink;
  let close: () => Promise<void>;
  before(async () => {
    ({ rig, sink, close } = await openLocked(make));
  });
  after(() => close());

  it('shows nothing of a copy until it is committed, then all of it', async () => {
    const copy = await sink.open(prefixAt(0), { id: 'run-0' });
    const objects = [await writeObject(copy, 'a/b', 'echo 1'), await writeObject(copy, 'c', '')];
    assert.deepEqual(await sink.list(), { copies: [], strangers: [] });
    const manifest = manifestOf(prefixAt(0), objects);
    await copy.commit(manifest);
    const { copies, strangers } = await sink.list();
    assert.deepEqual(strangers, []);
    const time = Date.parse(manifest.started);
    assert.deepEqual(copies, [
      {
        prefix: prefixAt(0),
        size: 2,
        objects: 2,
        started: time,
        finished: time,
        manifest: true,
        host: manifest.host,
        records: NO_RECORDS,
      },
    ]);
    const [listed] = copies;
    assert.ok(listed);
    assert.deepEqual(await sink.stored(listed.prefix).manifest(), manifest);
    assert.equal((await rig.read(prefixAt(0).name, 'a/b')).toString(), '1\n');
    assert.deepEqual(await rig.remains(), []);
  });

  it('leaves nothing of an aborted copy, whatever state its objects are in', async () => {
    const copy = await sink.open(prefixAt(1), { id: 'run-1' });
    await writeObject(copy, 'finished', 'echo 1');
    await (await beginObject(copy, 'aborted')).abort();
    const failing = await beginObject(copy, 'failing');
    assert.deepEqual(await once(startStage(failing, 'echo half; exit 3'), 'close'), [3, null]);
    await failing.abort();
    await copy.abort();
    await copy.abort();
    assert.deepEqual(await listedNames(sink), [prefixAt(0).name]);
    assert.deepEqual(await rig.remains(), []);
  });

  it('refuses a prefix in use, when opening or at the latest when committing, and loses nothing', async () => {
    await assert.rejects(sink.open(prefixAt(0), { id: 'run-2' }), Failure);
    const first = await sink.open(prefixAt(2), { id: 'run-3' });
    const rivals: OpenCopy[] = [];
    // A store that opens a copy under its final name sees the rival at once; one that renames sees it in the end.
    await assert.rejects(async () => {
      const rival = await sink.open(prefixAt(2), { id: 'run-4' });
      rivals.push(rival);
      const object = await writeObject(rival, 'o', 'echo second');
      await first.commit(manifestOf(prefixAt(2), [await writeObject(first, 'o', 'echo first')]));
      await rival.commit(manifestOf(prefixAt(2), [object]));
    }, Failure);
    const [rival] = rivals;
    if (rival === undefined)
      await first.commit(manifestOf(prefixAt(2), [await writeObject(first, 'o', 'echo first')]));
    await rival?.abort();
    assert.equal((await rig.read(prefixAt(2).name, 'o')).toString(), 'first\n');
    assert.deepEqual(await rig.remains(), []);
  });

  it('removes a copy, and the absent without complaint', async () => {
    const doomed = (await sink.list()).copies.find(
      ({ prefix }) => prefix.name === prefixAt(2).name,
    );
    assert.ok(doomed);
    await sink.remove(doomed);
    assert.deepEqual(await listedNames(sink), [prefixAt(0).name]);
    await sink.remove(doomed);
    assert.deepEqual(await rig.remains(), []);
    await assert.rejects(sink.stored(doomed.prefix).manifest(), { code: 'COPY_NOT_FOUND' });
  });

  it('never touches a sibling root', async () => {
    const sibling = await sinkOf(rig.sibling);
    const siblingLock = await lockNow(sibling);
    await makeCopy(sibling, prefixAt(3));
    await sibling.open(prefixAt(4), { id: 'sibling-run' });
    assert.deepEqual(await sink.tidy(), []);
    assert.deepEqual(await listedNames(sink), [prefixAt(0).name]);
    assert.deepEqual(await listedNames(sibling), [prefixAt(3).name]);
    assert.equal((await sibling.tidy()).length, 1);
    await siblingLock.release();
  });

  it('leaves the copy of another task alone and says so', async () => {
    await makeCopy(sink, prefixAt(5), { task: 'other' });
    const { copies, strangers } = await sink.list();
    assert.deepEqual(
      copies.map(({ prefix }) => prefix.name),
      [prefixAt(0).name],
    );
    assert.deepEqual(strangers, [{ name: prefixAt(5).name, why: 'is a copy of task "other"' }]);
    assert.deepEqual(await listedNames(await sinkOf(rig.plan, 'other')), [prefixAt(5).name]);
  });

  it('lists whole copies only, oldest first, while others are being made and removed', async () => {
    const busy = (async () => {
      for (let index = 29; index >= 20; index--) await makeCopy(sink, prefixAt(index));
      const { copies } = await sink.list();
      for (const copy of copies.slice(1)) await sink.remove(copy);
      return 'done';
    })();
    let listings = 0;
    for (let state = 'busy'; state === 'busy'; ) {
      const { copies } = await sink.list();
      listings += 1;
      for (const copy of copies) assert.equal(copy.manifest, true, copy.prefix.name);
      const times = copies.map(({ prefix }) => prefix.micros);
      assert.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
      state = await Promise.race([busy, Promise.resolve('busy')]);
    }
    assert.ok(listings > 1);
    assert.deepEqual(await listedNames(sink), [prefixAt(0).name]);
  });

  it('lists 1,100 copies', async () => {
    const limit = pLimit(8);
    const put = async (prefix: Prefix): Promise<void> =>
      rig.put(prefix.name, MANIFEST_NAME, renderManifest(manifestOf(prefix, [SMALL_OBJECT])));
    await Promise.all(
      Array.from({ length: 1100 }, (_, index) => limit(() => put(prefixAt(1000 + index)))),
    );
    const names = await listedNames(sink);
    assert.equal(names.length, 1101);
    assert.equal(names.at(-1), prefixAt(2099).name);
  });
}

function describeLock(make: () => Promise<SinkRig>): void {
  let rig: SinkRig;
  let sink: Sink;
  before(async () => {
    rig = await make();
    sink = await sinkOf(rig.plan);
  });
  after(() => rig.cleanup());

  it('needs no lock and no root to list', async () => {
    assert.deepEqual(await sink.list(), { copies: [], strangers: [] });
  });

  it('is given to one at a time, and says who has it', async () => {
    const held = await lockNow(sink);
    const rival = await sinkOf(rig.plan);
    await assert.rejects(lockNow(rival), (error) => {
      assert.ok(error instanceof Failure);
      assert.equal(error.code, 'LOCKED');
      assert.match(error.message, new RegExp(`process ${process.pid} on .*task "backup", since 2`));
      return true;
    });
    await assert.rejects(lockNow(rival, { waitMs: 30 }), { code: 'LOCKED' });
    await held.release();
    await (await lockNow(rival)).release();
  });

  it('waits for its turn, and calls onWait once', async () => {
    const held = await lockNow(sink);
    const rival = await sinkOf(rig.plan);
    const holders: string[] = [];
    const waiting = new Promise<Lock>((resolve, reject) => {
      const onWait = (holder: string) => {
        holders.push(holder);
        held.release().catch(reject);
      };
      const { signal } = new AbortController();
      rival.lock({ task: 'x', waitMs: 60_000, onWait, signal }).then(resolve, reject);
    });
    await (await waiting).release();
    assert.equal(holders.length, 1);
    assert.match(holders[0] ?? '', /task "backup"/);
  });

  it('stops waiting when told to', async () => {
    const held = await lockNow(sink);
    const rival = await sinkOf(rig.plan);
    const stop = new AbortController();
    const reason = new Error('stopped by the test');
    const onWait = () => setImmediate(() => stop.abort(reason));
    const request = { task: 'x', waitMs: Infinity, onWait, signal: stop.signal };
    await assert.rejects(rival.lock(request), (error) => error === reason);
    await held.release();
    await (await lockNow(rival)).release();
  });

  it('is free as soon as its holder is killed; a sweep ends what that left running', async (context) => {
    const script = fileURLToPath(new URL('doomed-run.js', import.meta.url));
    const argv = [script, JSON.stringify(rig.plan), 'doomed-run'];
    const run = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [text] = await once(run.stdout.setEncoding('utf8'), 'data');
    const pids = String(text).trim().split(' ').map(Number);
    context.after(() => killAll([run.pid ?? 0, ...pids]));
    assert.equal(pids.length, 2);
    await assert.rejects(lockNow(sink), { code: 'LOCKED' });
    run.kill('SIGKILL');
    await once(run, 'exit');
    const lock = await lockNow(sink);
    assert.deepEqual(pids.map(isAlive), [true, true], 'the stages outlive the run');
    const [leftover, ...others] = await sink.tidy();
    assert.deepEqual(others, []);
    assert.ok((leftover?.processes ?? 0) >= 2);
    assert.match(leftover?.what ?? '', /doomed-run/);
    assert.deepEqual(pids.map(isAlive), [false, false]);
    assert.deepEqual(await rig.remains(), []);
    assert.deepEqual(await sink.list(), { copies: [], strangers: [] });
    assert.deepEqual(await sink.tidy(), []);
    await lock.release();
  });
}

/** Also when the test has failed, nothing of it goes on. */
function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  }
}
