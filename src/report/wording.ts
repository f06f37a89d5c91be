/** The text of each event for people. The consumer decides whether to show it. */
import type { StampedEvent } from '../events/events.js';
import { assertNever } from '../failure/failure.js';
import { formatSize } from '../units/bytes.js';
import { count } from '../units/count.js';
import { escapeControls, escapeLine } from '../units/escape.js';
import { formatTime, quoteName } from './text.js';
import {
  type AroundEvent,
  type DrillEvent,
  isAround,
  quoteTask,
  type StepEvent,
  wordAround,
  wordDrill,
  wordStep,
} from './wording-steps.js';

type ObjectEvent = Extract<StampedEvent, { readonly type: `object-${string}` }>;
type CopyEvent = Extract<StampedEvent, { readonly type: `copy-${string}` | 'rotation-finished' }>;
type RestoreEvent = Extract<StampedEvent, { readonly type: `restore-${string}` }>;
type VerifyEvent = Extract<StampedEvent, { readonly type: `verify-${string}` }>;
type OtherEvent = Exclude<
  StampedEvent,
  ObjectEvent | CopyEvent | RestoreEvent | StepEvent | VerifyEvent | DrillEvent | AroundEvent
>;

/**
 * The lines of an event. There are none for progress, which is drawn or dropped, for a failure, which is a block, and for an
 * end, which the block or the line of what has ended tells.
 */
export function wordEvent(event: StampedEvent): readonly string[] {
  if (isAround(event)) return [wordAround(event)];
  if (event.type === 'verify-started' || event.type === 'verify-finished')
    return [wordVerifyEvent(event)];
  switch (event.type) {
    case 'object-started':
    case 'object-progress':
    case 'object-finished':
    case 'object-failed':
    case 'object-cancelled':
    case 'object-damaged':
      return wordObjectEvent(event);
    case 'copy-opened':
    case 'copy-committed':
    case 'copy-rolled-back':
    case 'copy-removed':
    case 'rotation-finished':
      return [wordCopyEvent(event)];
    case 'restore-started':
    case 'restore-finished':
      return [wordRestoreEvent(event)];
    case 'task-started':
    case 'task-finished':
    case 'group-started':
    case 'group-finished':
    case 'exec-started':
    case 'exec-finished':
    case 'task-skipped':
      return [wordStep(event)];
    case 'drill-started':
    case 'drill-finished':
      return [wordDrill(event)];
    case 'lock-waiting':
    case 'leftover-removed':
    case 'stage-output':
    case 'stage-output-left-out':
    case 'stopping':
    case 'standing':
    case 'processes-left':
    case 'warning':
    case 'failed':
    case 'task-failed':
    case 'run-finished':
    case 'debug':
      return wordOtherEvent(event);
    default:
      return assertNever(event);
  }
}

function wordObjectEvent(event: ObjectEvent): readonly string[] {
  const object = `object ${quoteName(event.object)}`;
  switch (event.type) {
    case 'object-started':
      return [`${object} started: ${event.stages.map(escapeControls).join(' | ')}`];
    case 'object-progress':
      return [];
    case 'object-finished':
      return [`${object} finished: ${formatSize(event.size)} in ${formatTime(event.durationMs)}`];
    case 'object-failed':
      return [`${object} failed: ${escapeControls(event.failure.message)}`];
    case 'object-cancelled':
      return [`${object} stopped`];
    case 'object-damaged':
      return [escapeControls(event.problem)];
    default:
      return assertNever(event);
  }
}

function wordCopyEvent(event: CopyEvent): string {
  const task = quoteTask(event);
  switch (event.type) {
    case 'copy-opened':
      return `copy ${escapeControls(event.prefix)} of task ${task} opened on ${escapeControls(event.sink)}: ${count(event.objects, 'object')}`;
    case 'copy-committed':
      return wordCommitted(event);
    case 'copy-rolled-back':
      return `copy ${escapeControls(event.prefix)} of task ${task} rolled back: nothing of it was kept`;
    case 'copy-removed':
      return `copy ${escapeControls(event.prefix)} of task ${task} removed, ${formatSize(event.size)}: ${escapeControls(event.reason)}`;
    case 'rotation-finished':
      return `rotation of task ${task}: ${wordRotation(event)}`;
    default:
      return assertNever(event);
  }
}

function wordCommitted(event: Extract<CopyEvent, { readonly type: 'copy-committed' }>): string {
  const copy = `copy ${escapeControls(event.prefix)} of task ${quoteTask(event)}`;
  const made = `${count(event.objects, 'object')}, ${formatSize(event.size)} in ${formatTime(event.durationMs)}`;
  return event.location === null
    ? `${copy} made, and not kept: ${made}`
    : `${copy} committed: ${made}, at ${escapeControls(event.location)}`;
}

function wordRestoreEvent(event: RestoreEvent): string {
  const objects = count(event.objects, 'object');
  const target = escapeControls(event.target);
  switch (event.type) {
    case 'restore-started':
      return `restoring ${objects} of ${escapeControls(event.source)} to ${target}`;
    case 'restore-finished':
      return `restored ${objects} of copy ${escapeControls(event.prefix)} of task ${quoteTask(event)}, ${formatSize(event.size)} in ${formatTime(event.durationMs)}, to ${target}`;
    default:
      return assertNever(event);
  }
}

function wordVerifyEvent(event: VerifyEvent): string {
  const copy = `copy ${escapeControls(event.prefix)} of task ${quoteTask(event)}`;
  if (event.type === 'verify-started') {
    return `${copy} is being verified: ${count(event.objects, 'object')}`;
  }
  const { read, of, size, durationMs } = event;
  const extent = `${read} of ${count(of, 'object')} read, ${formatSize(size)} in ${formatTime(durationMs)}`;
  const found = event.problems === 0 ? '' : `, ${count(event.problems, 'problem')}`;
  return `${copy} is ${wordResult(event.result)}: ${extent}${found}`;
}

function wordResult(result: Extract<VerifyEvent, { readonly result: unknown }>['result']): string {
  return result === 'unread' ? 'not verified' : result;
}

/** `7 copies kept, 1 removed, 1.4 GiB freed`. */
export function wordRotation(rotation: {
  readonly kept: number;
  readonly removed: number;
  readonly freed: number;
}): string {
  const kept = `${count(rotation.kept, 'copy', 'copies')} kept`;
  if (rotation.removed === 0) return `${kept}, none removed`;
  return `${kept}, ${rotation.removed} removed, ${formatSize(rotation.freed)} freed`;
}

function wordOtherEvent(event: OtherEvent): readonly string[] {
  switch (event.type) {
    case 'lock-waiting':
      return [wordLock(event)];
    case 'leftover-removed':
      return [
        `removed what a run that died left behind: ${escapeControls(event.what)}${wordProcesses(event.processes)}`,
      ];
    case 'stage-output':
      return [`${wordStage(event)} | ${escapeLine(event.line)}`];
    case 'stage-output-left-out':
      return [`${wordStage(event)} | ${wordLeftOut(event)}`];
    case 'stopping':
      return [`stopping: ${escapeControls(event.reason)}`];
    case 'standing':
      return wordStanding(event);
    case 'processes-left':
      return [wordLeft(event.processes)];
    case 'warning':
      return wordWarning(event);
    case 'debug':
      return [escapeLine(event.message)];
    case 'failed':
    case 'task-failed':
    case 'run-finished':
      return [];
    default:
      return assertNever(event);
  }
}

function wordStanding(
  event: Extract<StampedEvent, { readonly type: 'standing' }>,
): readonly string[] {
  const { running, done, waiting, lock } = event;
  if (lock !== null) return [`so far: ${wordLock(lock)}`];
  const objects = done === null ? '' : `${count(done, 'object')} done, ${waiting} waiting, `;
  return [
    `so far: ${objects}${running.length} running`,
    ...running.map(({ name, bytes, elapsed }) => {
      const size = bytes === null ? '' : `${formatSize(bytes)} `;
      return `  ${escapeControls(name)}: ${size}in ${formatTime(elapsed)}`;
    }),
  ];
}

function wordLock({ root, holder }: { readonly root: string; readonly holder: string }): string {
  return `waiting for ${escapeControls(root)}, held by ${escapeControls(holder)}`;
}

function wordStage({ source, stage }: { readonly source: string; readonly stage: string }): string {
  return `${escapeControls(source)} ${escapeControls(stage)}`;
}

function wordLeftOut(left: { readonly count: number; readonly bytes: number }): string {
  if (left.count === 0) return `… ${formatSize(left.bytes)} of a line left out`;
  return `… ${left.count.toLocaleString('en')} ${left.count === 1 ? 'line' : 'lines'} left out`;
}

function wordWarning(
  event: Extract<StampedEvent, { readonly type: 'warning' }>,
): readonly string[] {
  const details = event.details.map((line) => `  ${escapeLine(line)}`);
  return [`warning: ${escapeLine(event.message)}`, ...details];
}

function wordProcesses(processes: number): string {
  return processes === 0 ? '' : `, ended ${count(processes, 'process', 'processes')} of it`;
}

function wordLeft(
  processes: Extract<OtherEvent, { readonly type: 'processes-left' }>['processes'],
): string {
  const names = processes.map(({ pid, command }) => `${escapeControls(command)} (${pid})`);
  return `left running by stages: ${names.join(', ')}`;
}

/** Stands where lines were left out. */
export function wordMissed(missed: number): string {
  const were = missed === 1 ? 'was' : 'were';
  return `… ${count(missed, 'line')} ${were} not written: whoever reads this did not keep up`;
}
