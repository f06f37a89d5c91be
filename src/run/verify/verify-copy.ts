/** Verifies one copy: compares what lies in it with its manifest, reads its objects, and records the result. */
import type { ManifestObject } from '../../copy/manifest.js';
import {
  type ObjectVerdict,
  type Problem,
  resultOf,
  type VerifiedCopy,
} from '../../copy/verdict.js';
import { stageName } from '../../exec/command.js';
import { Failure } from '../../failure/failure.js';
import type { StoredCopy, StoredPiece } from '../../sink/sink.js';
import { type ObjectsWork, runObjects } from '../objects/objects.js';
import { runContext } from '../objects/run-context.js';
import { learnKnown } from '../objects/secrets.js';
import { within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { endProcesses, processesBracket } from '../operation/processes.js';
import { findProblem } from './check-object.js';
import { type Comparison, comparePieces } from './compare-pieces.js';
import type { CopyCheck } from './copy-check.js';
import { recordVerdict } from './record.js';

/** Failure COPY_NOT_FOUND when it was removed meanwhile; INTERRUPTED, TERMINATED: nothing is recorded. */
export async function verifyCopy(check: CopyCheck): Promise<VerifiedCopy> {
  const { operation, copy, manifest, chosen, depth, stored } = check;
  const { emit, signal } = operation;
  const startedAt = performance.now();
  const prefix = copy.prefix.name;
  emit({ type: 'verify-started', prefix, objects: chosen.size });
  const compared = await compare(check);
  const objects = await checkObjects(check, compared);
  signal.throwIfAborted();
  const problems = [...compared.problems, ...objects.flatMap(({ found }) => found ?? [])];
  // A pipeline that has failed leaves nothing behind; before, another object may still have needed it.
  if (objects.some(({ found }) => found !== undefined)) await endProcesses(operation);
  // What was removed while it was read looks like damage.
  if (problems.length > 0 && !(await check.isThere())) throw removedMeanwhile(stored);
  const read = objects.map(({ verdict: one }) => one).filter((one) => isRead(one, compared));
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
  const recorded = await recordVerdict(check, verdict);
  const { result, of, size, durationMs } = verdict;
  const figures = { result, problems: problems.length, read: read.length, of, size, durationMs };
  emit({ type: 'verify-finished', prefix, ...figures });
  return { ...verdict, recorded };
}

/** What is missing or has another size was not read, nor what failed while it was read. */
function isRead({ path, result }: ObjectVerdict, { byObject }: Comparison): boolean {
  return result !== 'skipped' && result !== 'unread' && !byObject.has(path);
}

/** That the copy cannot be listed says nothing about its objects: they are read all the same. */
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

interface ObjectResult {
  readonly verdict: ObjectVerdict;
  readonly found: Problem | undefined;
}

/** Whatever is wrong with one object, the others are read. */
async function checkObjects(
  check: CopyCheck,
  { byObject }: Comparison,
): Promise<readonly ObjectResult[]> {
  const { operation, task, copy, stored, chosen } = check;
  const results = new Map<ManifestObject, ObjectResult>();
  const objects: ManifestObject[] = [];
  // What is missing is a problem of the objects that need it.
  await learnKnown(operation, task, [...chosen.values()].flat());
  for (const object of check.manifest.objects) {
    const known = byObject.get(object.path);
    if (known !== undefined) results.set(object, tellDamage(operation, object, known));
    else if (chosen.has(object)) objects.push(object);
    else results.set(object, { verdict: objectVerdict(object, 'skipped'), found: undefined });
  }
  const objectsWork: ObjectsWork<ManifestObject> = {
    groups: [{ id: 'all', depends: [], objects }],
    tellGroups: false,
    context: runContext(operation, { task, prefix: copy.prefix.name }),
    describe(object: ManifestObject) {
      const { path, group } = object;
      return { path, group, stages: ['read', ...(chosen.get(object) ?? []).map(stageName)] };
    },
    async work(object, run) {
      const { size, sha256 } = object;
      const execs = chosen.get(object) ?? [];
      const problem = await findProblem({ ...run, operation, stored, object, execs });
      results.set(
        object,
        problem === undefined
          ? { verdict: objectVerdict(object, 'whole'), found: undefined }
          : tellDamage(operation, object, problem),
      );
      return { size, sha256, isTold: problem !== undefined };
    },
  };
  await within(operation, processesBracket(operation), () => runObjects(operation, objectsWork));
  return check.manifest.objects.flatMap((object) => results.get(object) ?? []);
}

function tellDamage({ emit }: Operation, object: ManifestObject, problem: Problem): ObjectResult {
  emit({ type: 'object-damaged', object: object.path, problem: problem.text });
  return { verdict: objectVerdict(object, problem.finding, problem.text), found: problem };
}

function objectVerdict(
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
