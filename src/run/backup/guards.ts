/** Checks that a stored object is what its config expects. If it is not, the backup fails, as with a stage that fails. */
import type { ExpectPlan, ObjectPlan } from '../../config/plan/plan.js';
import { Failure } from '../../failure/failure.js';
import { formatSize } from '../../units/bytes.js';
import { quoteForShell } from '../../units/shell-quote.js';
import type { BackupRun } from './backup-run.js';

/** The part of the run that guards need. */
type GuardContext = Pick<BackupRun, 'operation' | 'backup' | 'lastSizes' | 'acceptedSizes'>;

export interface GuardedObject {
  readonly object: ObjectPlan;
  readonly size: number;
  /** What is wrong with what its stages wrote, one sentence each. */
  readonly texts: readonly string[];
}

/** Failure GUARD_FAILED with all that is wrong. An accepted size is a warning, and so is an empty object. */
export function confirmGuards(context: GuardContext, guarded: GuardedObject): void {
  const { object, size, texts } = guarded;
  const { path, expect } = object;
  const warn = (what: string): void =>
    context.operation.emit({ type: 'warning', message: `object "${path}" ${what}`, details: [] });
  if (size === 0 && expect?.minSize === undefined)
    warn('is empty: its pipeline ended well but wrote nothing');
  if (expect === undefined) return;
  const change = changeOf(context, guarded);
  const isAccepted = context.acceptedSizes.includes(path);
  if (isAccepted && change !== undefined) warn(`has an accepted size: ${change}`);
  const unlike = isAccepted || change === undefined ? [] : [change];
  const [first, ...others] = [...unlike, ...checkLeast(expect, size), ...texts];
  if (first === undefined) return;
  throw new Failure({
    code: 'GUARD_FAILED',
    message: first,
    details: others,
    // To accept the size would not help against the others.
    hint: unlike.length > 0 && others.length === 0 ? adviseAccepting(context, path) : LOOK,
    place: object.place,
  });
}

const LOOK = 'look at what the stages write; what is expected of it is in "expect"';

function changeOf(
  { lastSizes, operation }: GuardContext,
  { object: { path, expect }, size }: GuardedObject,
): string | undefined {
  if (expect?.maxShrink === undefined && expect?.maxGrowth === undefined) return undefined;
  const last = lastSizes.get(path);
  if (last !== undefined) return checkChange(expect, { size, last });
  operation.emit({
    type: 'debug',
    message: `object "${path}": no earlier copy has its size to compare with`,
  });
  return undefined;
}

function adviseAccepting({ backup }: GuardContext, path: string): string {
  const words = ['palhm', 'run', backup.id, '--accept-size', path].map(quoteForShell).join(' ');
  return `find out why; when it is meant, accept it once: ${words}`;
}

/** Returns what is wrong with the size, as sentences. */
export function checkLeast({ minSize = 0 }: ExpectPlan, size: number): readonly string[] {
  if (size >= minSize) return [];
  const [has, least] = wordSizes(size, minSize);
  return [`it has ${has}, at least ${least} is expected`];
}

interface Sizes {
  readonly size: number;
  /** In the newest copy. */
  readonly last: number;
}

/** Returns what is wrong with the change, as a sentence; undefined when nothing is. From 0 there is no percentage. */
export function checkChange(
  { maxShrink = Infinity, maxGrowth = Infinity }: ExpectPlan,
  { size, last }: Sizes,
): string | undefined {
  if (last === 0) return undefined;
  const growth = ((size - last) / last) * 100;
  const [has, had] = wordSizes(size, last);
  const figures = `it has ${has}, the last copy had ${had}`;
  if (-growth > maxShrink)
    return `${figures}: shrunk by ${wordAbove(-growth, maxShrink)}, at most ${maxShrink} % is allowed`;
  if (growth > maxGrowth)
    return `${figures}: grown by ${wordAbove(growth, maxGrowth)}, at most ${maxGrowth} % is allowed`;
  return undefined;
}

/** Two sizes that would have the same text are written in bytes. */
function wordSizes(one: number, other: number): readonly [string, string] {
  const [first, second] = [formatSize(one), formatSize(other)];
  return first === second ? [`${one} B`, `${other} B`] : [first, second];
}

/** With as many decimals as are needed to show that it is above the limit. */
function wordAbove(percent: number, limit: number): string {
  const texts = [0, 1, 2, 3, 6].map((digits) => percent.toFixed(digits));
  return `${texts.find((text) => Number(text) > limit) ?? percent} %`;
}
