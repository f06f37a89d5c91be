/** The failure of a verify that has found something: it names every problem. */
import { type CopyVerdict, type Finding, resultOf, type VerifiedCopy } from '../../copy/verdict.js';
import { Failure } from '../../failure/failure.js';
import { count } from '../../units/count.js';
import { adviseOn } from '../copies/advise.js';

/**
 * Failure VERIFY_FAILED when something is damaged or could not be decoded, else NOT_READ; undefined when every copy that was
 * looked at is whole.
 */
export function describeDamage(
  task: string,
  verdicts: readonly CopyVerdict[],
): Failure | undefined {
  const verified = verdicts.filter((verdict) => verdict.type === 'verified');
  const bad = verified.filter(({ result }) => result !== 'whole');
  const worst = resultOf(bad.flatMap(({ problems }) => problems));
  if (worst === 'whole') return undefined;
  const are = bad.length === 1 ? 'is' : 'are';
  return new Failure({
    code: worst === 'unread' ? 'NOT_READ' : 'VERIFY_FAILED',
    message: `${bad.length} of ${count(verified.length, 'copy', 'copies')} of task "${task}" ${are} ${WORDS[worst]}`,
    details: bad.flatMap(nameProblems),
    hint: adviseOn(worst, task),
  });
}

const WORDS: Readonly<Record<Finding, string>> = {
  damaged: 'not whole',
  undecodable: 'undecodable on this host',
  unread: 'not verified',
};

function nameProblems({ prefix, problems }: VerifiedCopy): readonly string[] {
  return problems.map(({ text }) => `${prefix.name}: ${text}`);
}
