/**
 * What is recorded of a copy after a verify, beside what was recorded before. Pure: no clock, no store.
 *
 * `result` is a verdict on bytes alone. That right bytes could not be decoded, as on a host without the key, is recorded apart
 * and costs the copy nothing that an earlier verify has said of it; nor does it say that the copy was verified.
 */
import type { Undecoded, VerifyRecord } from './records.js';
import type { Finding, Problem, VerifiedCopy } from './verdict.js';

/** Enough to see the kind of damage. The others were told when they were found. */
const MOST_PROBLEMS = 100;

export interface NewVerdict {
  readonly verdict: Pick<VerifiedCopy, 'result' | 'depth' | 'read' | 'of' | 'problems' | 'objects'>;
  readonly at: string;
  readonly host: string;
}

/** Undefined when nothing new is to be recorded. */
export function recordAfter(
  news: NewVerdict,
  before: VerifyRecord | undefined,
): VerifyRecord | undefined {
  const { result, problems } = news.verdict;
  // Who could not read everything does not know whether the copy is whole.
  if (result !== 'damaged' && problems.some(isA('unread'))) return undefined;
  const undecoded = undecodedAfter(news, before);
  const stays = before !== undefined && !replaces(news, before);
  if (stays && undecoded === before.undecoded) return undefined;
  return { ...(stays ? before : describe(news)), undecoded };
}

/** Only who decodes all objects takes back that some could not be decoded. */
function undecodedAfter(
  { verdict: { result, depth, read, of, problems }, at, host }: NewVerdict,
  before: VerifyRecord | undefined,
): Undecoded | undefined {
  const failed = problems.filter(isA('undecodable'));
  if (failed.length > 0) return { at, host, problems: nameProblems(failed) };
  const isDecoded = result === 'whole' && depth === 'decoded' && read === of;
  return isDecoded ? undefined : before?.undecoded;
}

/**
 * Damage always replaces, and is taken back when the bytes of all objects are right. Where only a part of the objects is whole,
 * that does not replace what was said of the whole copy.
 */
function replaces({ verdict }: NewVerdict, before: VerifyRecord): boolean {
  if (verdict.result === 'damaged') return true;
  if (before.result === 'damaged')
    return verdict.objects.every(({ result }) => result === 'whole' || result === 'undecodable');
  return countWhole(verdict) === verdict.of || before.read < before.of;
}

function describe({ verdict, at, host }: NewVerdict): VerifyRecord {
  const { depth, of, problems } = verdict;
  const isDamaged = verdict.result === 'damaged';
  return {
    at,
    host,
    result: isDamaged ? 'damaged' : 'whole',
    depth,
    read: isDamaged ? verdict.read : countWhole(verdict),
    of,
    problems: nameProblems(problems.filter((problem) => !isA('undecodable')(problem))),
  };
}

function countWhole({ objects }: NewVerdict['verdict']): number {
  return objects.filter(({ result }) => result === 'whole').length;
}

function isA(finding: Finding): (problem: Problem) => boolean {
  return (problem) => problem.finding === finding;
}

function nameProblems(problems: readonly Problem[]): readonly string[] {
  const texts = problems.slice(0, MOST_PROBLEMS).map(({ text }) => text);
  const left = problems.length - texts.length;
  return left === 0 ? texts : [...texts, `and ${left} more`];
}
