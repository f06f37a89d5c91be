/** The texts of events about what runs one after the other: tasks, groups, programs, hooks, the steps of a drill. */
import type { HookResult, StampedEvent } from '../events/events.js';
import { assertNever } from '../failure/failure.js';
import { count } from '../units/count.js';
import { escapeControls } from '../units/escape.js';
import { formatTime, quoteName } from './text.js';

export type StepEvent = Exclude<
  Extract<StampedEvent, { readonly type: `${'task' | 'group' | 'exec'}-${string}` }>,
  { readonly type: 'task-failed' }
>;
/** Of what is done around objects, or for them. */
export type AroundEvent = SnapshotEvent | HookEvent | DrillStepEvent;

type SnapshotEvent = Extract<StampedEvent, { readonly type: `snapshot-${string}` | 'thawed' }>;
type HookEvent = Extract<StampedEvent, { readonly hook: unknown }>;
type DrillStepEvent = Extract<StampedEvent, { readonly step: unknown }>;
export type DrillEvent = Exclude<
  Extract<StampedEvent, { readonly type: `drill-${string}` }>,
  DrillStepEvent
>;

export function wordStep(event: StepEvent): string {
  switch (event.type) {
    case 'task-started':
      return `${event.kind} task ${quoteTask(event)} started`;
    case 'task-finished':
      return `task ${quoteTask(event)} finished in ${formatTime(event.durationMs)}`;
    case 'group-started':
      return `group ${quoteName(event.group)} started: ${count(event.objects, 'object')}`;
    case 'group-finished':
      return `group ${quoteName(event.group)} finished`;
    case 'exec-started':
      return `running ${escapeControls(event.command)}`;
    case 'exec-finished':
      return `finished ${escapeControls(event.command)} in ${formatTime(event.durationMs)}`;
    case 'task-skipped':
      return `task ${quoteTask(event)} skipped: ${escapeControls(event.reason)}`;
    default:
      return assertNever(event);
  }
}

export function isAround(event: StampedEvent): event is AroundEvent {
  return (
    'hook' in event ||
    'step' in event ||
    event.type.startsWith('snapshot-') ||
    event.type === 'thawed'
  );
}

export function wordAround(event: AroundEvent): string {
  if ('hook' in event) return wordHook(event);
  return 'step' in event ? wordDrillStep(event) : wordSnapshot(event);
}

function wordSnapshot(event: SnapshotEvent): string {
  if (event.type === 'thawed')
    return `group ${quoteName(event.group)} was frozen for ${formatTime(event.durationMs)}`;
  const snapshot = `snapshot of ${escapeControls(event.source)} for group ${quoteName(event.group)}`;
  return event.type === 'snapshot-taken'
    ? `${snapshot} taken in ${formatTime(event.durationMs)}`
    : `${snapshot} removed`;
}

function wordHook(event: HookEvent): string {
  const hook = `${event.hook} of ${event.part} ${quoteName(event.name)}`;
  const command = escapeControls(event.command);
  if (event.type === 'hook-started') return `${hook} started: ${command}`;
  return `${hook} ${HOOK_ENDS[event.result]} after ${formatTime(event.durationMs)}: ${command}`;
}

const HOOK_ENDS = {
  done: 'finished',
  failed: 'failed',
  skipping: 'asked to skip it',
} as const satisfies Record<HookResult, string>;

export function wordDrill(event: DrillEvent): string {
  switch (event.type) {
    case 'drill-started':
      return `drill of task ${quoteTask(event)} started: copy ${escapeControls(event.location)}`;
    case 'drill-finished':
      return `drill of task ${quoteTask(event)} ${event.result} in ${formatTime(event.durationMs)}: copy ${escapeControls(event.prefix)}`;
    default:
      return assertNever(event);
  }
}

function wordDrillStep(event: DrillStepEvent): string {
  const { step, what } = event;
  const name = `drill: ${step} ${step === 'restore' ? quoteName(what) : escapeControls(what)}`;
  return event.type === 'drill-step-started'
    ? name
    : `${name} finished in ${formatTime(event.durationMs)}`;
}

export function quoteTask({ task = '' }: StampedEvent): string {
  return quoteName(task);
}
