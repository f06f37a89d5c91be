/** A verify reads copies again, compares them with their manifests, and collects all that is wrong. */
import type { BackupPlan } from '../../config/plan/plan.js';
import type { Listing } from '../../copy/copy.js';
import { comparePrefixes, type Prefix } from '../../copy/prefix.js';
import { listSeemingCopies, listUnread } from '../../copy/seeming-copies.js';
import {
  type CopyVerdict,
  findingOf,
  type Problem,
  type VerifiedCopy,
} from '../../copy/verdict.js';
import { Failure } from '../../failure/failure.js';
import { chooseLatest, noSuchCopy } from '../copies/find-copy.js';
import { warnOfStrangers } from '../copies/strangers.js';
import { within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { sinkBracket, storedCopyBracket } from '../operation/places.js';
import { tellProcesses } from '../operation/processes.js';
import { type ChosenCopy, type PreparedCopy, prepareCopies, type VerifyRun } from './prepare.js';
import type { VerifyRequest, VerifyResult } from './request.js';
import { verifyCopy } from './verify-copy.js';

/**
 * Verifies the copies one after the other, oldest first. Failure COPY_NOT_FOUND, NOT_VERIFIABLE, UNTRUSTED_COMMAND,
 * STAGE_NOT_STARTED before anything is read. That a copy is not whole is a verdict, not a failure.
 */
export async function verifyCopies(
  operation: Operation,
  backup: BackupPlan,
  request: VerifyRequest,
): Promise<VerifyResult> {
  const verdicts = await within(operation, sinkBracket(operation, backup), (sink) =>
    verifyAll({ ...request, operation, backup, sink }),
  );
  if (request.decode) await tellProcesses(operation);
  return { task: backup.id, verdicts };
}

async function verifyAll(run: VerifyRun): Promise<readonly CopyVerdict[]> {
  const { operation, sink } = run;
  const listing = await sink.list();
  const chosen = chooseCopies(run, listing);
  if (run.copy === 'all') {
    const strangers = listing.strangers.filter(
      ({ damaged, unread }) => !(damaged ?? unread ?? false),
    );
    warnOfStrangers(operation.emit, { ...listing, strangers });
  }
  const verdicts: CopyVerdict[] = [];
  const prepare = await prepareCopies(run, chosen);
  for (const seeming of chosen) {
    operation.signal.throwIfAborted();
    verdicts.push(await verifyPrepared(run, await prepare(seeming)));
  }
  return verdicts;
}

function chooseCopies(
  { operation: { emit, host }, copy: wanted, backup, sink }: VerifyRun,
  listing: Listing,
): readonly ChosenCopy[] {
  const copies: readonly ChosenCopy[] = [
    ...listSeemingCopies(listing),
    ...listUnread(listing),
  ].sort((a, b) => comparePrefixes(a.prefix, b.prefix));
  if (wanted === 'all' && copies.length > 0) return copies;
  const one =
    wanted === 'latest'
      ? chooseLatest(emit, { copies, now: host.clock() })
      : copies.find(({ prefix }) => prefix.name === wanted);
  if (one !== undefined) return [one];
  throw noSuchCopy({ task: backup.id, sink }, listing, wanted === 'all' ? 'latest' : wanted);
}

/** Of many copies, one that cannot be verified, or was removed meanwhile, must not stop the verify of the others. */
async function verifyPrepared(run: VerifyRun, prepared: PreparedCopy): Promise<CopyVerdict> {
  const { prefix } = prepared.seeming;
  try {
    return await verifyOne(run, prepared);
  } catch (error) {
    run.operation.signal.throwIfAborted();
    if (!(error instanceof Failure) || run.copy !== 'all') throw error;
    const { code, message } = error;
    if (code === 'COPY_NOT_FOUND' || code === 'NOT_VERIFIABLE')
      return { type: 'passed-over', prefix, why: message };
    return unreadVerdict(prefix, depthOf(run), { finding: 'unread', text: message });
  }
}

async function verifyOne(
  run: VerifyRun,
  { seeming, manifest, chosen }: PreparedCopy,
): Promise<VerifiedCopy> {
  const { operation, backup, sink } = run;
  const { prefix } = seeming;
  const depth = depthOf(run);
  if (seeming.type === 'broken')
    return unreadVerdict(prefix, depth, damage(`the copy ${seeming.why}`));
  if (seeming.type === 'unread')
    return unreadVerdict(prefix, depth, { finding: 'unread', text: `the copy ${seeming.why}` });
  if (manifest instanceof Failure) {
    if (findingOf(manifest) === 'damaged')
      return unreadVerdict(prefix, depth, damage(manifest.message));
    throw manifest;
  }
  if (manifest === undefined) throw notVerifiable(prefix.name);
  const { copy } = seeming;
  const isThere = async (): Promise<boolean> =>
    listSeemingCopies(await sink.list()).some((one) => one.prefix.name === prefix.name);
  return await within(operation, storedCopyBracket(sink, prefix), (stored) =>
    verifyCopy({ operation, task: backup.id, copy, manifest, chosen, depth, stored, isThere }),
  );
}

function depthOf({ decode }: VerifyRequest): VerifiedCopy['depth'] {
  return decode ? 'decoded' : 'stored';
}

function damage(text: string): Problem {
  return { finding: 'damaged', text };
}

/** For a copy whose objects are not read: its manifest is missing or cannot be used. Nothing is recorded. */
function unreadVerdict(
  prefix: Prefix,
  depth: VerifiedCopy['depth'],
  problem: Problem,
): VerifiedCopy {
  return {
    type: 'verified',
    prefix,
    result: problem.finding,
    depth,
    read: 0,
    of: 0,
    size: 0,
    problems: [problem],
    objects: [],
    durationMs: 0,
    recorded: false,
  };
}

function notVerifiable(prefix: string): Failure {
  return new Failure({
    code: 'NOT_VERIFIABLE',
    message: `copy ${prefix} has no manifest to compare it with`,
    hint: 'verify a copy that palhm has made; palhm list shows which have a manifest',
  });
}
