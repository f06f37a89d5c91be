/** Parts of a plan in words, for `run --plan` and `config check`. */
import type { ExecPlan, ExpectPlan, IoPriority, SignPlan } from '../../config/plan/plan.js';
import { renderValue } from '../../config/plan/render-value.js';
import type { RetentionPolicy } from '../../copy/policy.js';
import { formatSize, type Limit } from '../../units/bytes.js';
import { count } from '../../units/count.js';
import { formatDuration } from '../../units/duration.js';

/** `last 7, daily 14, within 30 d; at most 30 copies and 500.0 GiB`. */
export function wordRetention({ copies, size, keep }: RetentionPolicy): string {
  const rules = keep === undefined ? [] : wordKeepRules(keep);
  const limits = [wordLimit(copies, wordCopies), wordLimit(size, wordBytes)].flat();
  if (rules.length === 0 && limits.length === 0) return 'every copy';
  return [
    ...(rules.length === 0 ? [] : [rules.join(', ')]),
    ...(limits.length === 0 ? [] : [`at most ${limits.join(' and ')}`]),
  ].join('; ');
}

function wordKeepRules(keep: NonNullable<RetentionPolicy['keep']>): readonly string[] {
  const { within, last, daily, weekly, monthly, yearly } = keep;
  const counts = Object.entries({ last, daily, weekly, monthly, yearly })
    .filter(([, number]) => number > 0)
    .map(([rule, number]) => `${rule} ${number}`);
  return within === undefined ? counts : [...counts, `within ${formatDuration(within)}`];
}

function wordLimit(limit: Limit, word: (value: bigint) => string): readonly string[] {
  if (limit.type === 'none') return [];
  return [`${word(limit.value)}${limit.value === 0n ? ' (the newest always stays)' : ''}`];
}

function wordCopies(value: bigint): string {
  return value === 1n ? '1 copy' : `${value} copies`;
}

/** A limit may be larger than the largest exact number. */
function wordBytes(value: bigint): string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? formatSize(Number(value)) : `${value} bytes`;
}

export function wordWorkers(workers: number): string {
  return Number.isFinite(workers) ? count(workers, 'object') : 'any number of objects';
}

/** How the run of a stage differs from the defaults: `accepts exit codes 0 to 1`, `nice 10`. */
export function wordConditions(exec: ExecPlan): readonly string[] {
  return [
    ...wordAccepted(exec),
    ...(exec.timeout === undefined ? [] : [`ends within ${formatDuration(exec.timeout)}`]),
    ...(exec.user === undefined ? [] : [`as user ${exec.user}`]),
    ...(exec.inside === undefined ? [] : [`inside the ${exec.inside}`]),
    ...(exec.cwd === undefined ? [] : [`in ${exec.cwd}`]),
    ...(exec.nice === undefined ? [] : [`nice ${exec.nice}`]),
    ...(exec.ionice === undefined ? [] : [`ionice ${wordIoPriority(exec.ionice)}`]),
  ];
}

function wordAccepted({ accepted: { min, max }, signals }: ExecPlan): readonly string[] {
  const codes = min === max ? `exit code ${min}` : `exit codes ${min} to ${max}`;
  return [
    ...(min === 0 && max === 0 ? [] : [`accepts ${codes}`]),
    ...(signals.length === 0 ? [] : [`accepts death by ${signals.join(', ')}`]),
  ];
}

function wordIoPriority({ class: name, level }: IoPriority): string {
  return level === undefined ? name : `${name} ${level}`;
}

/** What is expected of an object: `at least 1.0 MiB`, `stage 1 to end with "-- Dump completed"`. */
export function wordExpect({
  minSize,
  maxShrink,
  maxGrowth,
  texts,
}: ExpectPlan): readonly string[] {
  const kinds = { contains: 'write', 'ends-with': 'end with' } as const;
  return [
    ...(minSize === undefined ? [] : [`at least ${formatSize(minSize)}`]),
    ...(maxShrink === undefined ? [] : [`to shrink by ${maxShrink}% at most`]),
    ...(maxGrowth === undefined ? [] : [`to grow by ${maxGrowth}% at most`]),
    ...texts.map(
      ({ type, text, stage }) => `stage ${stage + 1} to ${kinds[type]} ${JSON.stringify(text)}`,
    ),
  ];
}

/** `manifests with ${credential:sign-key}; trusts ${file:/etc/palhm/old.pub} too`. */
export function wordSigning({ key, trusted }: SignPlan): string {
  const others = trusted.map(renderValue).join(', ');
  return `manifests with ${renderValue(key)}${others === '' ? '' : `; trusts ${others} too`}`;
}
