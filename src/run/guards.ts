/** Whether an object that was stored is what its config expects. One that is not fails the backup as a failed stage does. */
import type { ObjectPlan } from '../config/plan/plan.js';
import { Failure } from '../failure/failure.js';
import { quoteForShell } from '../units/shell-quote.js';
import type { BackupRun } from './backup-run.js';
import { judgeChange, judgeLeast } from './size-guards.js';

/** What guards need to know of the run. */
type GuardContext = Pick<BackupRun, 'operation' | 'backup' | 'lastSizes' | 'acceptedSizes'>;

export interface GuardedObject {
  readonly object: ObjectPlan;
  readonly size: number;
  /** What is wrong with what its stages wrote. */
  readonly texts: readonly string[];
}

/** Failure GUARD_FAILED with all that is wrong. What was accepted is a warning, as is an object that is empty. */
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
  const [first, ...others] = [...unlike, ...judgeLeast(expect, size), ...texts];
  if (first === undefined) return;
  throw new Failure({
    code: 'GUARD_FAILED',
    message: first,
    details: others,
    hint: unlike.length > 0 ? adviseAccepting(context, path) : LOOK,
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
  if (last !== undefined) return judgeChange(expect, { size, last });
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
