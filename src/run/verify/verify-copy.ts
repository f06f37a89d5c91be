/** One copy: what lies in it is compared with its manifest, its objects are read, and the result is recorded. */
import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import type { ExecPlan } from '../../config/plan/plan.js';
import type { Copy } from '../../copy/copy.js';
import type { Manifest, ManifestObject } from '../../copy/manifest.js';
import {
  type ObjectVerdict,
  type Problem,
  resultOf,
  type VerifiedCopy,
} from '../../copy/verdict.js';
import { stageName } from '../../exec/command.js';
import { Failure } from '../../failure/failure.js';
import type { StoredCopy, StoredPiece } from '../../sink/sink.js';
import type { Operation } from '../operation.js';
import { checkObject } from './check-object.js';
import { type Comparison, comparePieces } from './compare-pieces.js';
import { recordVerdict } from './record.js';

export interface CopyCheck {
  readonly task: string;
  readonly copy: Copy;
  readonly manifest: Manifest;
  readonly chosen: ReadonlyMap<ManifestObject, readonly ExecPlan[]>;
  readonly depth: 'stored' | 'decoded';
  readonly stored: StoredCopy;
  /** Whether the copy can still be listed. */
  readonly isThere: () => Promise<boolean>;
}

/** How often the bytes that were read are told. */
const PROGRESS_EVERY_MS = 200;

/** Failure COPY_NOT_FOUND when it was removed meanwhile; INTERRUPTED, TERMINATED with nothing recorded. */
export async function verifyCopy(operation: Operation, check: CopyCheck): Promise<VerifiedCopy> {
  const { emit, signals, clock } = operation;
  const { task, copy, manifest, chosen, depth, stored } = check;
  const startedAt = performance.now();
  const prefix = copy.prefix.name;
  emit({ type: 'verify-started', task, prefix, objects: chosen.size });
  const compared = await compare(check);
  const objects = await checkObjects(operation, check, compared);
  signals.signal.throwIfAborted();
  const problems = [...compared.problems, ...objects.flatMap(({ found }) => found ?? [])];
  // What was removed while it was read looks like damage.
  if (problems.length > 0 && !(await check.isThere())) throw removedMeanwhile(stored);
  const read = [...chosen.keys()];
  const verdict = {
    type: 'verified',
    prefix: copy.prefix,
    result: resultOf(problems),
    depth,
    read: read.length,
    of: manifest.objects.length,
    size: read.reduce((sum, { size }) => sum + size, 0),
    problems,
    objects: objects.map(({ verdict: one }) => one),
    durationMs: performance.now() - startedAt,
  } as const;
  const before = copy.records.verify;
  const recorded = await recordVerdict({ stored, verdict, before, now: clock(), emit });
  const { result, of, size, durationMs } = verdict;
  const figures = { result, problems: problems.length, read: read.length, of, size, durationMs };
  emit({ type: 'verify-finished', task, prefix, ...figures });
  return { ...verdict, recorded };
}

/** What cannot even be listed says nothing of the objects: they are read all the same. */
async function compare({ manifest, stored }: CopyCheck): Promise<Comparison> {
  let inventory: readonly StoredPiece[];
  try {
    inventory = await stored.inventory();
  } catch (error) {
    if (!(error instanceof Failure) || error.code === 'COPY_NOT_FOUND') throw error;
    const text = `what lies in the copy cannot be listed: ${error.message}`;
    return { problems: [{ finding: 'unread', text }], byObject: new Map() };
  }
  return comparePieces(manifest, inventory);
}

interface Checked {
  readonly verdict: ObjectVerdict;
  readonly found: Problem | undefined;
}

/** As many at once as the plan has workers. Whatever is wrong with one, the others are read. */
async function checkObjects(
  operation: Operation,
  check: CopyCheck,
  { byObject }: Comparison,
): Promise<readonly Checked[]> {
  const { plan, emit, signals } = operation;
  const defect = new AbortController();
  const signal = AbortSignal.any([defect.signal, signals.signal]);
  setMaxListeners(0, signal);
  const reading = new Map<string, () => number>();
  const ticker = setInterval(() => {
    for (const [object, bytes] of reading)
      emit({ type: 'object-progress', object, bytes: bytes() });
  }, PROGRESS_EVERY_MS);
  const limit = pLimit(plan.workers);
  const checkOne = async (object: ManifestObject): Promise<Checked> => {
    signal.throwIfAborted();
    const known = byObject.get(object.path);
    if (known !== undefined) return tell(operation, object, known);
    const execs = check.chosen.get(object);
    if (execs === undefined) return { verdict: judge(object, 'skipped'), found: undefined };
    return await readOne(operation, check, { object, execs, signal, reading });
  };
  try {
    const ended = await Promise.allSettled(
      check.manifest.objects.map((object) =>
        limit(() =>
          checkOne(object).catch((error: unknown) => {
            defect.abort(error);
            throw error;
          }),
        ),
      ),
    );
    signal.throwIfAborted();
    return ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  } finally {
    clearInterval(ticker);
  }
}

interface Reading {
  readonly object: ManifestObject;
  readonly execs: readonly ExecPlan[];
  readonly signal: AbortSignal;
  readonly reading: Map<string, () => number>;
}

async function readOne(
  operation: Operation,
  { task, copy, stored }: CopyCheck,
  { object, execs, signal, reading }: Reading,
): Promise<Checked> {
  const { emit } = operation;
  const { path, group, size, sha256 } = object;
  const startedAt = performance.now();
  const prefix = copy.prefix.name;
  emit({ type: 'object-started', object: path, group, stages: ['read', ...execs.map(stageName)] });
  const onReading = (bytes: () => number): void => void reading.set(path, bytes);
  try {
    const parts = { operation, stored, task, prefix, object, execs, signal, onReading };
    const problem = await checkObject(parts);
    if (problem !== undefined) return tell(operation, object, problem);
    const durationMs = performance.now() - startedAt;
    emit({ type: 'object-finished', object: path, group, size, sha256, durationMs });
    return { verdict: judge(object, 'whole'), found: undefined };
  } catch (error) {
    if (signal.aborted) emit({ type: 'object-cancelled', object: path, group });
    throw error;
  } finally {
    reading.delete(path);
  }
}

function tell({ emit }: Operation, object: ManifestObject, problem: Problem): Checked {
  emit({ type: 'object-damaged', object: object.path, problem: problem.text });
  return { verdict: judge(object, problem.finding, problem.text), found: problem };
}

function judge(
  { path, size }: ManifestObject,
  result: ObjectVerdict['result'],
  problem?: string,
): ObjectVerdict {
  return { path, size, result, problem };
}

function removedMeanwhile({ location }: StoredCopy): Failure {
  return new Failure({
    code: 'COPY_NOT_FOUND',
    message: `the copy ${location} was removed while it was being verified`,
    hint: 'verify another one: palhm list shows those that are there',
  });
}
