/**
 * Rotation: first a pure plan of which copies go and why, then their removal. After a backup it runs only when the new copy
 * is durable.
 */
import type { BackupPlan } from '../../config/plan/plan.js';
import type { Copy, Listing } from '../../copy/copy.js';
import type { Prefix } from '../../copy/prefix.js';
import { planRotation, type RotationPlan } from '../../copy/retention.js';
import { hasManifest } from '../../copy/trust.js';
import type { Event } from '../../events/events.js';
import type { RemovedCopy, RotationReport } from '../../events/run-report.js';
import { Failure } from '../../failure/failure.js';
import { factsOf } from '../../sink/registry.js';
import type { Sink } from '../../sink/sink.js';
import { count } from '../../units/count.js';
import type { Operation } from '../operation/operation.js';
import { warnOfStrangers } from './strangers.js';
import { warnOfHosts } from './warn-of-hosts.js';

export interface RotationRequest {
  readonly backup: BackupPlan;
  readonly sink: Sink;
  /** The copy that a backup has just made; undefined for a rotation by itself. */
  readonly current: Prefix | undefined;
  /** A person has seen the plan and wants it, however much it removes. */
  readonly confirmed: boolean;
}

/**
 * What rotation would do now; undefined for a sink that keeps nothing. Reads only. A rotation by itself warns of what it
 * leaves alone; a backup has done so already. Failure COPY_NOT_LISTED.
 */
export async function planRotationNow(
  operation: Pick<Operation, 'emit' | 'host' | 'signal'>,
  request: RotationRequest,
): Promise<RotationPlan | undefined> {
  const policy = factsOf(request.backup.sink).retention;
  if (policy === undefined) return undefined;
  const listing = await request.sink.list({ signal: operation.signal });
  const { current, confirmed } = request;
  if (current === undefined) {
    warnOfStrangers(operation.emit, listing);
    warnOfHosts(operation.emit, listing);
  } else confirmListed(request, listing, current);
  return planRotation({
    copies: listing.copies,
    policy,
    now: operation.host.clock() * 1000,
    current,
    confirmed,
  });
}

/**
 * A listing that does not show the copy just made is not that of the root, but perhaps of a cache in front of it: old copies
 * must not go for a copy that may never arrive.
 */
function confirmListed(
  { backup, sink }: RotationRequest,
  listing: Listing,
  { name }: Prefix,
): void {
  const { copies, strangers } = listing;
  const listed = copies.find(({ prefix }) => prefix.name === name);
  if (listed !== undefined && hasManifest(listed)) return;
  const why =
    listed === undefined
      ? strangers.find((stranger) => stranger.name === name)?.why
      : 'is shown without its manifest';
  throw new Failure({
    code: 'COPY_NOT_LISTED',
    message: `the copy just made, ${name}, is not among the ${count(copies.length, 'copy', 'copies')} that ${sink.description} shows${why === undefined ? '' : `: it ${why}`}`,
    details: ['Nothing was rotated: no copy was removed.'],
    hint: `look whether it is there, on the store itself if there is a cache in front of it (palhm verify ${backup.id} --copy ${name}); then palhm rotate ${backup.id}`,
  });
}

export interface Rotation {
  /** Undefined for a sink that keeps nothing. */
  readonly rotation: RotationReport | undefined;
  /** Failure ROTATION_FAILED, with every copy that could not be removed. */
  readonly failure: Failure | undefined;
}

/** Plans and removes. Failure ROTATION_REFUSED, COPY_NOT_LISTED: nothing was removed. */
export async function rotateCopies(
  operation: Operation,
  request: RotationRequest,
): Promise<Rotation> {
  const plan = await planRotationNow(operation, request);
  if (plan === undefined) return { rotation: undefined, failure: undefined };
  const { emit } = operation;
  for (const message of plan.warnings) emit({ type: 'warning', message, details: [] });
  if (plan.refused !== undefined) throw refuse(request.backup, plan.refused);
  const removed: RemovedCopy[] = [];
  const failures: Failure[] = [];
  let freed = 0;
  for (const { copy, reason } of plan.fates.filter(({ action }) => action === 'remove')) {
    const failure = await removeCopy(operation, request, copy);
    if (failure?.code === 'COPY_LOCKED') {
      emit(warnOfLock(failure));
      continue;
    }
    if (failure !== undefined) failures.push(failure);
    if (failure !== undefined && (await isListed(operation, request, copy))) continue;
    const { size, prefix } = copy;
    if (failure === undefined) freed += size;
    removed.push({ prefix: prefix.name, size, reason });
    emit({ type: 'copy-removed', prefix: prefix.name, size, reason });
  }
  const rotation = { kept: plan.fates.length - removed.length, removed, freed };
  emit({ type: 'rotation-finished', ...rotation, removed: removed.length });
  // One copy that cannot be removed must not keep the others, or the disk fills. But the user has to see it.
  const [first, ...others] = failures;
  return { rotation, failure: first?.withDetails(others.map(({ message }) => message)) };
}

/** Returns why the copy could not be removed; undefined when it was. */
async function removeCopy(
  operation: Operation,
  { sink }: RotationRequest,
  copy: Copy,
): Promise<Failure | undefined> {
  try {
    operation.signal.throwIfAborted();
    await sink.remove(copy, operation.signal);
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure) || error === operation.signal.reason) throw error;
    if (error.code === 'COPY_LOCKED') return error;
    return error.as({
      code: 'ROTATION_FAILED',
      message: `the old copy ${copy.prefix.name} could not be removed: ${error.message}`,
      hint: 'mend the cause; the next run rotates again',
    });
  }
}

/** A removal that fails half-way has taken the copy out of the listing, and leaves files. When nobody knows, the copy counts as there. */
async function isListed(
  { signal }: Pick<Operation, 'signal'>,
  { sink }: RotationRequest,
  { prefix }: Copy,
): Promise<boolean> {
  try {
    const { copies, strangers } = await sink.list({ prefix: prefix.name, signal });
    return copies.length > 0 || strangers.some(({ unread = false }) => unread);
  } catch (error) {
    if (error instanceof Failure) return true;
    throw error;
  }
}

/** A store that keeps a copy because it was told to is no failure of the rotation. */
function warnOfLock({ message }: Failure): Event {
  return {
    type: 'warning',
    message: `${message}. It may go, but is kept until then.`,
    details: [],
  };
}

function refuse({ id }: BackupPlan, { removing, of }: { removing: number; of: number }): Failure {
  return new Failure({
    code: 'ROTATION_REFUSED',
    message: `rotation would remove ${removing} of ${of} copies at once; nothing was removed`,
    hint: `look at "palhm rotate ${id} --dry-run", then confirm with "palhm rotate ${id} --yes"`,
  });
}
