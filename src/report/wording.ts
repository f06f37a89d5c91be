/** Each event as a line for people. Whoever shows it decides whether it is shown. */
import type { Event } from '../events/events.js';
import { assertNever } from '../failure/failure.js';
import { formatSize } from '../units/bytes.js';
import { formatDuration } from '../units/duration.js';
import { count, escapeControls, escapeLine, escapeLines } from './text.js';

type ObjectEvent = Extract<Event, { readonly type: `object-${string}` }>;
type CopyEvent = Extract<Event, { readonly type: `copy-${string}` | 'rotation-finished' }>;
type RestoreEvent = Extract<Event, { readonly type: `restore-${string}` }>;
type StepEvent = Extract<Event, { readonly type: `${'task' | 'group' | 'exec'}-${string}` }>;
type VerifyEvent = Extract<Event, { readonly type: `verify-${string}` }>;
type DrillEvent = Extract<Event, { readonly type: `drill-${string}` }>;
type OtherEvent = Exclude<
  Event,
  ObjectEvent | CopyEvent | RestoreEvent | StepEvent | VerifyEvent | DrillEvent
>;

/** None for the two that are not lines: progress is drawn or dropped, a failure is a block. */
export function wordEvent(event: Event): readonly string[] {
  switch (event.type) {
    case 'object-started':
    case 'object-progress':
    case 'object-finished':
    case 'object-failed':
    case 'object-cancelled':
    case 'object-damaged':
      return wordObjectEvent(event);
    case 'verify-started':
    case 'verify-finished':
      return [wordVerifyEvent(event)];
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
      return [wordStep(event)];
    case 'drill-started':
    case 'drill-step-started':
    case 'drill-step-finished':
    case 'drill-finished':
      return [wordDrill(event)];
    case 'lock-waiting':
    case 'leftover-removed':
    case 'stage-output':
    case 'stopping':
    case 'warning':
    case 'failed':
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
      return [`${object} finished: ${formatSize(event.size)} in ${took(event.durationMs)}`];
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
  const task = quoteName(event.task);
  switch (event.type) {
    case 'copy-opened':
      return `copy ${escapeControls(event.prefix)} of task ${task} opened on ${escapeControls(event.sink)}: ${count(event.objects, 'object')}`;
    case 'copy-committed':
      return `copy ${escapeControls(event.prefix)} of task ${task} committed: ${count(event.objects, 'object')}, ${formatSize(event.size)} in ${took(event.durationMs)}, at ${escapeControls(event.location)}`;
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

function wordRestoreEvent(event: RestoreEvent): string {
  const objects = count(event.objects, 'object');
  const target = escapeControls(event.target);
  switch (event.type) {
    case 'restore-started':
      return `restoring ${objects} of ${escapeControls(event.source)} to ${target}`;
    case 'restore-finished':
      return `restored ${objects} of copy ${escapeControls(event.prefix)} of task ${quoteName(event.task)}, ${formatSize(event.size)} in ${took(event.durationMs)}, to ${target}`;
    default:
      return assertNever(event);
  }
}

function wordVerifyEvent(event: VerifyEvent): string {
  const copy = `copy ${escapeControls(event.prefix)} of task ${quoteName(event.task)}`;
  if (event.type === 'verify-started') {
    return `${copy} is being verified: ${count(event.objects, 'object')}`;
  }
  const { read, of, size, durationMs } = event;
  const extent = `${read} of ${count(of, 'object')} read, ${formatSize(size)} in ${took(durationMs)}`;
  const found = event.problems === 0 ? '' : `, ${count(event.problems, 'problem')}`;
  return `${copy} is ${wordResult(event.result)}: ${extent}${found}`;
}

function wordResult(result: 'whole' | 'damaged' | 'unread'): string {
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

function wordStep(event: StepEvent): string {
  switch (event.type) {
    case 'task-started':
      return `${event.kind} task ${quoteName(event.task)} started`;
    case 'task-finished':
      return `task ${quoteName(event.task)} finished in ${took(event.durationMs)}`;
    case 'group-started':
      return `group ${quoteName(event.group)} started: ${count(event.objects, 'object')}`;
    case 'group-finished':
      return `group ${quoteName(event.group)} finished`;
    case 'exec-started':
      return `running ${escapeControls(event.command)}`;
    case 'exec-finished':
      return `finished ${escapeControls(event.command)} in ${took(event.durationMs)}`;
    default:
      return assertNever(event);
  }
}

function wordDrill(event: DrillEvent): string {
  switch (event.type) {
    case 'drill-started':
      return `drill of task ${quoteName(event.task)} started: copy ${escapeControls(event.location)}`;
    case 'drill-step-started':
      return `drill: ${wordDrillStep(event)}`;
    case 'drill-step-finished':
      return `drill: ${wordDrillStep(event)} finished in ${took(event.durationMs)}`;
    case 'drill-finished':
      return `drill of task ${quoteName(event.task)} ${event.result} in ${took(event.durationMs)}: copy ${escapeControls(event.prefix)}`;
    default:
      return assertNever(event);
  }
}

function wordDrillStep({ step, what }: Extract<DrillEvent, { readonly step: unknown }>): string {
  return `${step} ${step === 'restore' ? quoteName(what) : escapeControls(what)}`;
}

function wordOtherEvent(event: OtherEvent): readonly string[] {
  switch (event.type) {
    case 'lock-waiting':
      return [`waiting for ${escapeControls(event.root)}, held by ${escapeControls(event.holder)}`];
    case 'leftover-removed':
      return [
        `removed what a run that died left behind: ${escapeControls(event.what)}${wordProcesses(event.processes)}`,
      ];
    case 'stage-output':
      return [
        `${escapeControls(event.source)} ${escapeControls(event.stage)} | ${escapeLine(event.line)}`,
      ];
    case 'stopping':
      return [`stopping: ${escapeControls(event.reason)}`];
    case 'warning':
      return wordWarning(event);
    case 'debug':
      return escapeLines(event.message);
    case 'failed':
      return [];
    default:
      return assertNever(event);
  }
}

function wordWarning(event: Extract<Event, { readonly type: 'warning' }>): readonly string[] {
  const [first = '', ...rest] = escapeLines(event.message);
  const below = [...rest, ...event.details.flatMap(escapeLines)];
  return [`warning: ${first}`, ...below.map((line) => `  ${line}`)];
}

function wordProcesses(processes: number): string {
  return processes === 0 ? '' : `, ended ${count(processes, 'process', 'processes')} of it`;
}

function quoteName(name: string): string {
  return `"${escapeControls(name)}"`;
}

function took(ms: number): string {
  return formatDuration({ ms });
}
