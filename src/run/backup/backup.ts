/**
 * One run of a backup task: lock the root, remove what dead runs left, open a copy, build its objects, commit it, rotate,
 * unlock. A copy is whole or it does not exist. What fails after the commit cannot harm it.
 */
import type { BackupPlan } from '../../config/plan/plan.js';
import type { Listing } from '../../copy/copy.js';
import { findLatest } from '../../copy/latest.js';
import type { Manifest, ManifestGroup } from '../../copy/manifest.js';
import { choosePrefix } from '../../copy/prefix.js';
import type { CopyReport } from '../../events/run-report.js';
import { execsOf } from '../../exec/needs.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { factsOf } from '../../sink/registry.js';
import type { OpenCopy, Sink } from '../../sink/sink.js';
import { rotateCopies } from '../copies/rotate.js';
import { warnOfStrangers } from '../copies/strangers.js';
import { warnOfHosts } from '../copies/warn-of-hosts.js';
import { readVersion } from '../identity.js';
import { requireSecrets } from '../objects/secrets.js';
import { type Bracket, within } from '../operation/bracket.js';
import { asStop, isStop } from '../operation/end.js';
import type { Operation } from '../operation/operation.js';
import { rootBracket, sinkBracket } from '../operation/places.js';
import { processesBracket } from '../operation/processes.js';
import { loadSigner } from '../operation/signing.js';
import type { GroupSnapshot } from '../snapshots/group-snapshot.js';
import type { BackupRequest, BackupRun } from './backup-run.js';
import { type BuiltObjects, buildObjects } from './build-objects.js';
import { readLastSizes } from './last-sizes.js';

/** A failure before the commit is thrown, and no copy is left. A failure after it goes to the aftermath. */
export async function runBackup(operation: Operation, request: BackupRequest): Promise<void> {
  const { backup, waitMs } = request;
  const sign = await loadSigner(operation, backup);
  await within(operation, sinkBracket(operation, backup), (sink) =>
    within(operation, rootBracket(operation, { sink, task: backup.id, waitMs }), async () => {
      await tidy(operation, sink);
      // Behind whatever may make a secret for this backup, before a copy is opened.
      await requireSecrets(operation, backup.id, execsOf(backup));
      const listing = await sink.list({ signal: operation.signal });
      warnOfStrangers(operation.emit, listing);
      warnOfHosts(operation.emit, listing, operation.host.name);
      operation.signal.throwIfAborted();
      const run = await prepareRun(operation, request, { sink, listing, sign });
      const copy = await makeCopy(run);
      request.ledger.setCopy(copy);
      if ((await settleCopy(run)) !== 'stopped') await rotateAfterwards(run);
    }),
  );
}

async function tidy({ emit, signal }: Operation, sink: Sink): Promise<void> {
  for (const { what, processes } of await sink.tidy(signal))
    emit({ type: 'leftover-removed', what, processes });
}

async function prepareRun(
  operation: Operation,
  request: BackupRequest,
  found: Pick<BackupRun, 'sink' | 'sign'> & { readonly listing: Listing },
): Promise<BackupRun> {
  const { sink, sign, listing } = found;
  const started = operation.host.clock();
  const { timespec } = factsOf(request.backup.sink).prefix;
  const prefix = choosePrefix({ now: started * 1000, timespec, taken: namesIn(listing) });
  const lastSizes = await readLastSizes(operation, { ...request, sink }, listing);
  return {
    ...request,
    operation,
    sink,
    sign,
    prefix,
    lastSizes,
    lastSize: findLatest(listing.copies, started).latest?.size,
    started,
    startedAt: performance.now(),
  };
}

const ROLLED_BACK = 'The copy was rolled back; nothing was stored.';
const LEFT = 'The copy could not be rolled back; what is left of it is told with that failure.';

/** Makes one copy and commits it. When that fails, nothing of the copy is left, unless the aftermath says so. */
async function makeCopy(run: BackupRun): Promise<CopyReport> {
  let left: readonly string[] = [];
  const bracket = copyBracket(run, (isRolledBack) => {
    left = [isRolledBack ? ROLLED_BACK : LEFT];
  });
  try {
    return await within(run.operation, bracket, (copy) =>
      within(run.operation, processesBracket(run.operation), () => fillCopy(run, copy)),
    );
  } catch (error) {
    throw error instanceof Failure ? error.withDetails(left) : error;
  }
}

function copyBracket(
  { operation, sink, prefix, lastSize }: BackupRun,
  onEnd: (isRolledBack: boolean) => void,
): Bracket<OpenCopy> {
  return {
    name: `the copy ${prefix.name}`,
    open: (signal) => sink.open(prefix, { id: operation.id, expectedSize: lastSize }, signal),
    async close(copy, outcome) {
      if (outcome.type === 'done') return;
      try {
        await copy.abort();
      } catch (error) {
        onEnd(false);
        if (!(error instanceof Failure)) throw error;
        throw error.as({ message: `the copy could not be rolled back: ${error.message}` });
      }
      onEnd(true);
      operation.emit({ type: 'copy-rolled-back', prefix: prefix.name });
    },
  };
}

/** From the first object to the commit. */
async function fillCopy(run: BackupRun, copy: OpenCopy): Promise<CopyReport> {
  const { operation, backup, sink, prefix, sign, startedAt } = run;
  const { emit, signal } = operation;
  const { name } = prefix;
  const planned = backup.groups.reduce((sum, group) => sum + group.objects.length, 0);
  emit({ type: 'copy-opened', sink: sink.description, prefix: name, objects: planned });
  const built = await buildObjects(run, copy);
  const { objects } = built;
  signal.throwIfAborted();
  if (objects.length === 0) throw noObjects(backup);
  await copy.commit(sign(describeCopy(run, built)));
  const size = objects.reduce((sum, object) => sum + object.size, 0);
  const { location } = copy;
  const durationMs = performance.now() - startedAt;
  const report = { prefix: name, size, durationMs, location };
  emit({ type: 'copy-committed', ...report, objects: objects.length });
  return report;
}

/** A copy without objects would be the newest one, and rotation would remove a real one for it. */
function noObjects({ id, place }: BackupPlan): Failure {
  return new Failure({
    code: 'NO_OBJECTS',
    message: `task "${id}" has made no object: a copy without objects is not kept`,
    hint: 'see which of its objects did not come about, and why',
    place,
  });
}

function describeCopy(
  { operation, backup, prefix, started }: BackupRun,
  { objects, snapshots, frozen }: BuiltObjects,
): Manifest {
  const { host } = operation;
  return {
    format: 1,
    palhm: readVersion(),
    host: host.name,
    task: backup.id,
    prefix: prefix.name,
    started: new Date(started).toISOString(),
    finished: new Date(host.clock()).toISOString(),
    groups: backup.groups.map(({ id, depends }) => ({
      id,
      depends,
      ...describeSnapshot(snapshots.get(id), frozen.get(id)),
    })),
    objects,
  };
}

function describeSnapshot(
  one: GroupSnapshot | undefined,
  frozenMs: number | undefined,
): Pick<ManifestGroup, 'snapshot'> {
  if (one === undefined) return {};
  const { source, taken } = one;
  const frozen = frozenMs === undefined ? {} : { frozenMs: Math.round(frozenMs) };
  return { snapshot: { of: source, taken: new Date(taken).toISOString(), ...frozen } };
}

function namesIn({ copies, strangers }: Listing): Set<string> {
  return new Set([...copies.map((copy) => copy.prefix.name), ...strangers.map(({ name }) => name)]);
}

/** A settling that fails goes to the aftermath: the rotation has to run all the same, unless the run was stopped. */
async function settleCopy({ operation, sink, prefix }: BackupRun): Promise<'stopped' | undefined> {
  try {
    await sink.settle(prefix, operation.signal);
    return undefined;
  } catch (error) {
    if (isStop(operation, error)) {
      addStop(operation, error);
      return 'stopped';
    }
    operation.aftermath.add(error instanceof Failure ? error.as({ code: 'SETTLE_FAILED' }) : error);
    return undefined;
  }
}

/** A signal after the commit is no failure of what it has kept from being done. */
function addStop(operation: Operation, error: unknown): void {
  const failure = asStop(operation, error);
  operation.aftermath.add(
    failure instanceof Failure
      ? failure.withDetails(['what comes after the commit was not finished: the next run rotates'])
      : failure,
  );
}

async function rotateAfterwards({
  operation,
  backup,
  sink,
  prefix,
  ledger,
}: BackupRun): Promise<void> {
  try {
    const request = { backup, sink, current: prefix, confirmed: false };
    const { rotation, failure } = await rotateCopies(operation, request);
    if (rotation !== undefined) ledger.setRotation(rotation);
    if (failure !== undefined) operation.aftermath.add(failure);
  } catch (error) {
    if (isStop(operation, error)) return addStop(operation, error);
    operation.aftermath.add(
      error instanceof Failure && !isOfRotation(error)
        ? error.as({ code: 'ROTATION_FAILED', message: `rotation failed: ${messageOf(error)}` })
        : error,
    );
  }
}

function isOfRotation({ code }: Failure): boolean {
  return ['ROTATION_FAILED', 'ROTATION_REFUSED', 'COPY_NOT_LISTED'].includes(code);
}
