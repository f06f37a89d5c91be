/**
 * One run of a backup task: lock, clean up after the dead, open a copy, build its objects, commit, rotate, unlock. The
 * copy is whole or it is not at all; what fails after the commit cannot harm it.
 */
import { randomUUID } from 'node:crypto';
import type { BackupPlan } from '../config/plan/plan.js';
import type { Listing } from '../copy/copy.js';
import type { Manifest } from '../copy/manifest.js';
import { choosePrefix, type Prefix } from '../copy/prefix.js';
import { Failure, messageOf } from '../failure/failure.js';
import { factsOf } from '../sink/registry.js';
import type { OpenCopy, Sink } from '../sink/sink.js';
import { buildObjects, type CopyInProgress } from './build-objects.js';
import { HOST, readVersion } from './identity.js';
import { type LastCopy, readLastSizes } from './last-sizes.js';
import { lockRoot } from './lock-root.js';
import { openSink } from './open-sink.js';
import type { Operation } from './operation.js';
import { rotateCopies } from './rotate.js';
import { loadSigner } from './signing.js';
import { warnOfStrangers } from './strangers.js';

export interface BackupRequest {
  readonly backup: BackupPlan;
  /** How long to wait for another run to end; 0: not at all. */
  readonly waitMs: number;
  /** Paths of objects whose size need not be like that in the newest copy. */
  readonly acceptedSizes: readonly string[];
}

/** Failures before the commit leave nothing; those after it (exit code 3) leave the new copy whole. */
export async function runBackup(
  operation: Operation,
  { backup, waitMs, acceptedSizes }: BackupRequest,
): Promise<void> {
  const sign = await loadSigner(backup);
  const sink = await openSink(operation, backup);
  const lock = await lockRoot(operation, { sink, task: backup.id, waitMs });
  try {
    await cleanUp(operation, sink);
    const listing = await sink.list();
    warnOfStrangers(operation.emit, listing);
    const prefix = await makeCopy(operation, { backup, sink, listing, acceptedSizes, sign });
    const settled = await settleAfterwards({ sink, prefix });
    await rotateAfterwards(operation, { backup, sink, prefix });
    if (settled !== undefined) throw settled;
  } finally {
    await lock.release();
  }
}

async function cleanUp({ emit }: Operation, sink: Sink): Promise<void> {
  for (const { what, processes } of await sink.tidy())
    emit({ type: 'leftover-removed', what, processes });
}

interface CopyRequest extends LastCopy {
  readonly sign: (manifest: Manifest) => Manifest;
  readonly acceptedSizes: readonly string[];
}

const ROLLED_BACK = 'The copy was rolled back; nothing was stored.';

/** Makes one copy and commits it; on any failure rolls it back and throws. */
async function makeCopy(operation: Operation, request: CopyRequest): Promise<Prefix> {
  const { backup, sink, listing } = request;
  operation.signals.signal.throwIfAborted();
  const started = operation.clock();
  const { timespec } = factsOf(backup.sink).prefix;
  const prefix = choosePrefix({ now: started * 1000, timespec, taken: namesIn(listing) });
  const lastSizes = await readLastSizes(operation, request);
  const guards = { lastSizes, acceptedSizes: request.acceptedSizes };
  const runId = randomUUID();
  const copy = await sink.open(prefix, { id: runId });
  try {
    const run = { sink: sink.description, copy, prefix, runId, started, sign: request.sign };
    await fillCopy(operation, { backup, ...run, ...guards });
  } catch (error) {
    await rollBack(copy, error);
    operation.emit({ type: 'copy-rolled-back', task: backup.id, prefix: prefix.name });
    throw error instanceof Failure ? error.withDetails([ROLLED_BACK]) : error;
  }
  return prefix;
}

interface OpenedCopy extends CopyInProgress {
  readonly sink: string;
  /** By the clock of the host, which may be set while the run lasts. */
  readonly started: number;
  readonly sign: CopyRequest['sign'];
}

/** From the first object to the commit. */
async function fillCopy(operation: Operation, opened: OpenedCopy): Promise<void> {
  const { emit, clock, signals } = operation;
  const { backup, copy, sink, started, sign } = opened;
  const openedAt = performance.now();
  const task = backup.id;
  const prefix = opened.prefix.name;
  const planned = backup.groups.reduce((sum, group) => sum + group.objects.length, 0);
  emit({ type: 'copy-opened', task, sink, prefix, objects: planned });
  const objects = await buildObjects(operation, opened);
  signals.signal.throwIfAborted();
  const times = {
    started: new Date(started).toISOString(),
    finished: new Date(clock()).toISOString(),
  };
  const manifest: Manifest = {
    format: 1,
    palhm: readVersion(),
    host: HOST,
    task,
    prefix,
    ...times,
    groups: backup.groups.map(({ id, depends }) => ({ id, depends })),
    objects,
  };
  await copy.commit(sign(manifest));
  const size = objects.reduce((sum, object) => sum + object.size, 0);
  const { location } = copy;
  const durationMs = performance.now() - openedAt;
  emit({
    type: 'copy-committed',
    task,
    prefix,
    size,
    objects: objects.length,
    durationMs,
    location,
  });
}

/** When even the rolling back fails, both are told, the cause first; the next run sweeps what is left. */
async function rollBack(copy: OpenCopy, cause: unknown): Promise<void> {
  try {
    await copy.abort();
  } catch (error) {
    if (!(cause instanceof Failure)) throw cause;
    throw cause.withDetails([
      `what was written could not be removed: ${messageOf(error)}; the next run removes it`,
    ]);
  }
}

function namesIn({ copies, strangers }: Listing): Set<string> {
  return new Set([...copies.map((copy) => copy.prefix.name), ...strangers.map(({ name }) => name)]);
}

interface Afterwards {
  readonly backup: BackupPlan;
  readonly sink: Sink;
  readonly prefix: Prefix;
}

/** What went wrong with it, to be told when the rest is done: it is no reason to let the old copies pile up. */
async function settleAfterwards({
  sink,
  prefix,
}: Pick<Afterwards, 'sink' | 'prefix'>): Promise<Failure | undefined> {
  try {
    await sink.settle(prefix);
    return undefined;
  } catch (error) {
    return new Failure({
      code: 'SETTLE_FAILED',
      message: messageOf(error),
      details: [isSafe(prefix)],
      ...(error instanceof Failure && error.hint !== undefined ? { hint: error.hint } : {}),
      cause: error,
    });
  }
}

async function rotateAfterwards(
  operation: Operation,
  { backup, sink, prefix }: Afterwards,
): Promise<void> {
  try {
    await rotateCopies(operation, { backup, sink, current: prefix, confirmed: false });
  } catch (error) {
    const safe = isSafe(prefix);
    if (error instanceof Failure) throw error.withDetails([safe]);
    throw new Failure({
      code: 'ROTATION_FAILED',
      message: `rotation failed: ${messageOf(error)}`,
      details: [safe],
      cause: error,
    });
  }
}

function isSafe(prefix: Prefix): string {
  return `the new copy ${prefix.name} is complete and safe`;
}
