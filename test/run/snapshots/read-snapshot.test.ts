import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Failure } from '../../../src/failure/failure.js';
import { type GroupSnapshot, readSnapshot } from '../../../src/run/snapshots/group-snapshot.js';

const FULL = new Failure({ code: 'SNAPSHOT_FULL', message: 'the snapshot is full' });
const LOST = new Failure({ code: 'SNAPSHOT_LOST', message: 'it was thawed' });
const LATE = new Failure({ code: 'FREEZE_EXPIRED', message: 'it took too long' });
const GONE = new Failure({ code: 'SNAPSHOT_FAILED', message: 'the snapshot is not there' });
const TAR = new Failure({ code: 'STAGE_FAILED', message: 'tar exited with status 2' });

function snapshotWith(problem: Failure | undefined): GroupSnapshot {
  const confirm = (): Promise<void> =>
    problem === undefined ? Promise.resolve() : Promise.reject(problem);
  return { facts: { snapshot: {}, entrances: {} }, source: 'a volume', taken: 0, confirm };
}

const { signal: never } = new AbortController();
const readFrom = (
  snapshot: GroupSnapshot | undefined,
  read: () => Promise<string>,
  signal = never,
): Promise<string> => readSnapshot({ snapshot, signal }, read);

const ends = (failure: Failure | undefined) => (): Promise<string> =>
  failure === undefined ? Promise.resolve('read') : Promise.reject(failure);

describe('what is read from a snapshot', () => {
  it('is kept when the snapshot shows what it showed, and where there is none', async () => {
    assert.equal(await readFrom(snapshotWith(undefined), ends(undefined)), 'read');
    assert.equal(await readFrom(undefined, ends(undefined)), 'read');
  });

  it('fails when the snapshot is full or gone, although every program ended well', async () => {
    await assert.rejects(readFrom(snapshotWith(FULL), ends(undefined)), FULL);
    await assert.rejects(readFrom(snapshotWith(GONE), ends(undefined)), GONE);
  });

  it('has failed because the snapshot is full, when a program failed on it', async () => {
    await assert.rejects(readFrom(snapshotWith(FULL), ends(TAR)), {
      code: 'SNAPSHOT_FULL',
      details: ['tar exited with status 2'],
    });
    await assert.rejects(readFrom(snapshotWith(LOST), ends(TAR)), { code: 'SNAPSHOT_LOST' });
    // It was thawed because that took too long.
    const over = AbortSignal.abort(LATE);
    await assert.rejects(readFrom(snapshotWith(LOST), ends(TAR), over), TAR);
    await assert.rejects(readFrom(snapshotWith(LOST), ends(undefined), over), LATE);
    for (const other of [undefined, GONE])
      await assert.rejects(readFrom(snapshotWith(other), ends(TAR)), TAR);
    await assert.rejects(readFrom(undefined, ends(TAR)), TAR);
  });
});
