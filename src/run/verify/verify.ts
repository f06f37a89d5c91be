/** A verify: copies are read again and compared with their manifests. What is wrong is collected, never only the first. */
import type { BackupPlan } from '../../config/plan/plan.js';
import { findBackup } from '../../config/plan/tasks.js';
import type { Prefix } from '../../copy/prefix.js';
import { listSeemingCopies, type SeemingCopy } from '../../copy/seeming-copies.js';
import type { CopyVerdict, Problem, VerifiedCopy } from '../../copy/verdict.js';
import { Failure } from '../../failure/failure.js';
import type { Sink } from '../../sink/sink.js';
import { findCopy } from '../copies/find-copy.js';
import { warnOfStrangers } from '../copies/strangers.js';
import { within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { sinkOf, storedCopy } from '../operation/places.js';
import { type PreparedCopy, prepareCopies } from './prepare.js';
import type { VerifiedCopies, VerifyRequest } from './request.js';
import { verifyCopy } from './verify-copy.js';

/** What lasts as long as a verify. */
interface VerifyRun extends VerifyRequest {
  readonly operation: Operation;
  readonly backup: BackupPlan;
  readonly sink: Sink;
}

/**
 * Verifies the copies one after the other, oldest first. Failure COPY_NOT_FOUND, NOT_VERIFIABLE, UNTRUSTED_COMMAND,
 * STAGE_NOT_STARTED before anything is read; that a copy is not whole is a verdict, not a failure.
 */
export async function verifyCopies(
  operation: Operation,
  request: VerifyRequest,
): Promise<VerifiedCopies> {
  const backup = findBackup(operation.plan, request.task);
  const own = operation.about(backup.id);
  const verdicts = await within(own, sinkOf(own, backup), (sink) =>
    verifyAll({ ...request, operation: own, backup, sink }),
  );
  return { task: backup.id, verdicts };
}

async function verifyAll(run: VerifyRun): Promise<readonly CopyVerdict[]> {
  const { operation, sink } = run;
  const listing = await sink.list();
  const chosen = chooseCopies(listing, run.copy);
  if (run.copy === 'all') {
    const strangers = listing.strangers.filter(({ damaged }) => damaged !== true);
    warnOfStrangers(operation.emit, { ...listing, strangers });
  }
  const verdicts: CopyVerdict[] = [];
  for (const prepared of await prepareCopies({ ...run, copies: chosen })) {
    operation.signal.throwIfAborted();
    verdicts.push(await verifyPrepared(run, prepared));
  }
  return verdicts;
}

function chooseCopies(
  listing: Parameters<typeof findCopy>[0],
  wanted: string,
): readonly SeemingCopy[] {
  const seeming = listSeemingCopies(listing);
  if (wanted === 'all' && seeming.length > 0) return seeming;
  const one =
    wanted === 'latest' ? seeming.at(-1) : seeming.find(({ prefix }) => prefix.name === wanted);
  if (one !== undefined) return [one];
  const copy = findCopy(listing, wanted === 'all' ? 'latest' : wanted);
  return [{ type: 'copy', prefix: copy.prefix, copy }];
}

/** Of many, one that cannot be verified, or has gone, must not keep the others from being looked at. */
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
    return unlooked(prefix, depthOf(run), { finding: 'unread', text: message });
  }
}

async function verifyOne(
  run: VerifyRun,
  { seeming, manifest, chosen }: PreparedCopy,
): Promise<VerifiedCopy> {
  const { operation, backup, sink } = run;
  const { prefix } = seeming;
  const depth = depthOf(run);
  if (seeming.type === 'broken') return unlooked(prefix, depth, damage(`the copy ${seeming.why}`));
  if (manifest instanceof Failure) {
    if (isDamage(manifest)) return unlooked(prefix, depth, damage(manifest.message));
    throw manifest;
  }
  if (manifest === undefined) throw notVerifiable(prefix.name);
  const { copy } = seeming;
  const isThere = async (): Promise<boolean> =>
    listSeemingCopies(await sink.list()).some((one) => one.prefix.name === prefix.name);
  return await within(operation, storedCopy(sink, prefix), (stored) =>
    verifyCopy({ operation, task: backup.id, copy, manifest, chosen, depth, stored, isThere }),
  );
}

function isDamage({ code }: Failure): boolean {
  return code === 'MANIFEST_INVALID' || code === 'SIGNATURE_INVALID';
}

function depthOf({ decode }: VerifyRequest): VerifiedCopy['depth'] {
  return decode ? 'decoded' : 'stored';
}

function damage(text: string): Problem {
  return { finding: 'damaged', text };
}

/** Without a manifest there is nothing to compare with, and none to record anything beside. */
function unlooked(prefix: Prefix, depth: VerifiedCopy['depth'], problem: Problem): VerifiedCopy {
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
    message: `copy ${prefix} is one of the original PALHM: it has no manifest to compare it with`,
    hint: 'verify a copy that palhm has made; palhm list shows which have a manifest',
  });
}
