/** The failure of a verify that has found something: it names every problem. */
import type { CopyVerdict, VerifiedCopy } from '../../copy/verdict.js';
import { Failure } from '../../failure/failure.js';
import { count } from '../../units/count.js';

/** Failure VERIFY_FAILED when something is damaged, else NOT_READ; undefined when every copy that was looked at is whole. */
export function describeDamage(
  task: string,
  verdicts: readonly CopyVerdict[],
): Failure | undefined {
  const verified = verdicts.filter((verdict) => verdict.type === 'verified');
  const bad = verified.filter(({ result }) => result !== 'whole');
  if (bad.length === 0) return undefined;
  const isDamaged = bad.some(({ result }) => result === 'damaged');
  const are = bad.length === 1 ? 'is' : 'are';
  return new Failure({
    code: isDamaged ? 'VERIFY_FAILED' : 'NOT_READ',
    message: `${bad.length} of ${count(verified.length, 'copy', 'copies')} of task "${task}" ${are} ${isDamaged ? 'not whole' : 'not verified'}`,
    details: bad.flatMap(nameProblems),
    hint: isDamaged
      ? `see whether another copy is whole (palhm verify ${task} --copy all) and make a new one (palhm run ${task}); keep what is damaged until you know why`
      : 'mend what kept it from being read, then verify again',
  });
}

function nameProblems({ prefix, problems }: VerifiedCopy): readonly string[] {
  return problems.map(({ text }) => `${prefix.name}: ${text}`);
}
