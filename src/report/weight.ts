/** The importance of an event: the severity it is logged with, and the lowest verbosity at which it is shown. */
import type { Event } from '../events/events.js';

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

/** Of the events whose weight does not depend on what they tell. */
const WEIGHTS = {
  failed: FAILURE,
  'object-failed': FAILURE,
  standing: ANSWER,
  'leftover-removed': WARNING,
  stopping: WARNING,
  'copy-rolled-back': WARNING,
  warning: WARNING,
  'task-started': INFO,
  'task-finished': INFO,
  'task-skipped': INFO,
  'task-failed': INFO,
  'run-finished': INFO,
  'hook-finished': INFO,
  'lock-waiting': INFO,
  'copy-opened': INFO,
  'group-finished': INFO,
  'snapshot-taken': INFO,
  'snapshot-removed': DEBUG,
  thawed: INFO,
  'object-finished': INFO,
  'object-cancelled': INFO,
  'exec-started': INFO,
  'exec-finished': INFO,
  'copy-committed': INFO,
  'copy-removed': INFO,
  'rotation-finished': INFO,
  'restore-started': INFO,
  'restore-finished': INFO,
  'verify-started': INFO,
  'drill-started': INFO,
  'drill-step-finished': INFO,
  'drill-finished': INFO,
  'processes-left': INFO,
  'group-started': DEBUG,
  'hook-started': DEBUG,
  'object-started': DEBUG,
  'object-progress': DEBUG,
  'drill-step-started': DEBUG,
  debug: DEBUG,
  'object-damaged': DAMAGE,
} as const satisfies Partial<Record<Event['type'], Weight>>;

export function weigh(event: Event): Weight {
  if (event.type === 'verify-finished') return event.result === 'whole' ? INFO : DAMAGE;
  if ('level' in event) return { severity: severityOfLevel(event.level), from: event.level };
  return WEIGHTS[event.type];
}

function severityOfLevel(level: number): Severity {
  if (level <= 0) return 'critical';
  if (level === 1) return 'error';
  if (level === 2) return 'warning';
  return level === 3 ? 'info' : 'debug';
}
