/** The importance of an event: the severity it is logged with, and the lowest verbosity at which it is shown. */
import type { Event } from '../events/events.js';
import { assertNever } from '../failure/failure.js';

export type Severity = 'critical' | 'error' | 'warning' | 'info' | 'debug';

export interface Weight {
  readonly severity: Severity;
  /** The event is shown when the verbosity (0 critical … 3 info, 4 and above debug) is at least this. */
  readonly from: number;
}

/** A failure is shown even by `-q`. */
const FAILURE: Weight = { severity: 'error', from: 0 };
/** Not shown by `-q`: the failure at the end says it again. */
const DAMAGE: Weight = { severity: 'error', from: 1 };
const WARNING: Weight = { severity: 'warning', from: 2 };
export const INFO: Weight = { severity: 'info', from: 3 };
/** Somebody has asked. */
const ANSWER: Weight = { severity: 'info', from: 0 };
const DEBUG: Weight = { severity: 'debug', from: 4 };

export function weigh(event: Event): Weight {
  switch (event.type) {
    case 'failed':
    case 'object-failed':
      return FAILURE;
    case 'standing':
      return ANSWER;
    case 'leftover-removed':
    case 'stopping':
    case 'copy-rolled-back':
    case 'warning':
      return WARNING;
    case 'task-started':
    case 'task-finished':
    case 'task-failed':
    case 'run-finished':
    case 'lock-waiting':
    case 'copy-opened':
    case 'group-finished':
    case 'object-finished':
    case 'object-cancelled':
    case 'exec-started':
    case 'exec-finished':
    case 'copy-committed':
    case 'copy-removed':
    case 'rotation-finished':
    case 'restore-started':
    case 'restore-finished':
    case 'verify-started':
    case 'drill-started':
    case 'drill-step-finished':
    case 'drill-finished':
    case 'processes-left':
      return INFO;
    case 'object-damaged':
    case 'verify-finished':
      return 'result' in event && event.result === 'whole' ? INFO : DAMAGE;
    case 'group-started':
    case 'object-started':
    case 'object-progress':
    case 'drill-step-started':
    case 'debug':
      return DEBUG;
    case 'stage-output':
    case 'stage-output-left-out':
      return { severity: severityOfLevel(event.level), from: event.level };
    default:
      return assertNever(event);
  }
}

function severityOfLevel(level: number): Severity {
  if (level <= 0) return 'critical';
  if (level === 1) return 'error';
  if (level === 2) return 'warning';
  return level === 3 ? 'info' : 'debug';
}
