/** `palhm run --plan`, `palhm config check`: what would run, in order. Values stay references. */
import type {
  BackupPlan,
  ClientPlan,
  ExpectPlan,
  FreezePlan,
  GroupPlan,
  HeldObjectPlan,
  ObjectPlan,
  Plan,
  RoutinePlan,
  RoutineStep,
  SnapshotPlan,
  TaskPlan,
} from '../../config/plan/plan.js';
import { tasksReached } from '../../config/plan/tasks.js';
import { assertNever } from '../../failure/failure.js';
import { factsOf } from '../../sink/registry.js';
import { describeSource } from '../../snapshot/registry.js';
import { formatSize } from '../../units/bytes.js';
import { count } from '../../units/count.js';
import { formatDuration } from '../../units/duration.js';
import { escapeControls } from '../../units/escape.js';
import { quoteName, renderTable } from '../text.js';
import { renderDrill } from './drill.js';
import { renderConditions, renderExec } from './exec.js';
import { notePipe } from './pipe-notes.js';
import { renderHooks, renderRecovery, renderSteps } from './steps.js';
import { wordUploadMemory } from './upload-memory.js';
import { wordExpect, wordRetention, wordSigning, wordWorkers } from './wording.js';

/** The task and, after it, each task that its routine runs. */
export function renderPlan(plan: Plan, taskId: string): string {
  return renderTasks(plan, tasksReached(plan, taskId));
}

/** Every task of the config, once. */
export function renderAllTasks(plan: Plan): string {
  return renderTasks(plan, [...plan.tasks.values()]);
}

function renderTasks({ workers }: Plan, tasks: readonly TaskPlan[]): string {
  return tasks.map((task) => `${renderTask(task, workers).join('\n')}\n`).join('\n');
}

function renderTask(task: TaskPlan, workers: number): readonly string[] {
  switch (task.type) {
    case 'backup':
      return renderBackup(task, workers);
    case 'routine':
      return renderRoutine(task);
    default:
      return assertNever(task);
  }
}

function renderBackup(task: BackupPlan, workers: number): readonly string[] {
  const { rows, retention, memoryFor } = factsOf(task.sink);
  const facts: readonly (readonly [name: string, text: string | undefined])[] = [
    ...rows.map(([name, text]) => [name, escapeControls(text)] as const),
    ['client', task.client && wordClient(task.client)],
    ['keeps', retention && wordRetention(retention)],
    ['max age', task.maxAge && formatDuration(task.maxAge)],
    ['at once', wordWorkers(workers)],
    ['memory', memoryFor && wordUploadMemory(task, memoryFor, workers)],
    ['signs', task.sign && wordSigning(task.sign)],
  ];
  const known = facts.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]]));
  return [
    `task ${quoteName(task.id)}, a backup`,
    ...renderTable(known, ['left', 'left']).map((line) => `  ${line}`),
    ...belowBlank(
      [...renderHooks(task.hooks), ...renderRecovery(task.recovery)].map((line) => `  ${line}`),
    ),
    ...task.groups.flatMap((group) => ['', ...renderGroup(group)]),
    ...belowBlank(task.drill === undefined ? [] : renderDrill(task.drill)),
  ];
}

function wordClient({ file, state, problems }: ClientPlan): string {
  const name = escapeControls(file);
  if (state === 'present') return name;
  return state === 'absent' ? `${name}: absent` : `${name}: ${count(problems.length, 'problem')}`;
}

function belowBlank(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

function renderGroup(group: GroupPlan): readonly string[] {
  const { id, depends, objects, snapshot, freeze, hooks } = group;
  const after = depends.length === 0 ? '' : `, after ${depends.map(quoteName).join(', ')}`;
  const empty = objects.length === 0 ? ', empty' : '';
  return [
    `  group ${quoteName(id)}${after}${empty}`,
    ...renderSnapshot(snapshot).map((line) => `    ${line}`),
    ...(freeze === undefined ? [] : renderFreeze(freeze)).map((line) => `    ${line}`),
    ...renderHooks(hooks).map((line) => `    ${line}`),
    ...objects.flatMap((object) => renderObject(object).map((line) => `    ${line}`)),
  ];
}

function renderSnapshot(snapshot: SnapshotPlan | undefined): readonly string[] {
  if (snapshot === undefined) return [];
  const source = escapeControls(describeSource(snapshot.source));
  return [
    `reads a snapshot of ${source}`,
    ...(snapshot.freeze === undefined ? [] : renderFreeze(snapshot.freeze)),
    ...renderSteps('after-snapshot', snapshot.afterSnapshot),
  ];
}

function renderFreeze({ max, means }: FreezePlan): readonly string[] {
  const lists = {
    hold: means.type === 'hold' ? [means.exec] : [],
    freeze: means.type === 'pair' ? means.freeze : [],
    thaw: means.type === 'pair' ? means.thaw : [],
  };
  return [
    ...renderSteps('freeze, by what holds', lists.hold),
    ...(means.type === 'hold' ? renderOutput(means.output) : []),
    ...renderSteps('freeze', lists.freeze),
    ...renderSteps('thaw', lists.thaw),
    `frozen for ${formatDuration(max)} at most`,
  ];
}

function renderOutput(objects: readonly HeldObjectPlan[]): readonly string[] {
  if (objects.length === 0) return [];
  const names = objects.map(
    ({ path, mayBeEmpty }) => `${escapeControls(path)}${mayBeEmpty ? ', unless it is empty' : ''}`,
  );
  return ['  what it prints at its end becomes', ...names.map((name) => `    ${name}`)];
}

function renderObject({ path, allocSize, pipeline, expect, hooks }: ObjectPlan): readonly string[] {
  const note = notePipe(pipeline);
  const reserved = allocSize === undefined ? '' : `, ${formatSize(allocSize)} reserved`;
  return [
    `${escapeControls(path)}${reserved}`,
    `  ${pipeline.map(renderExec).join(' | ')}`,
    ...pipeline.flatMap((exec, index) => renderConditions(exec, `stage ${index + 1} `)),
    ...(expect === undefined ? [] : renderExpect(expect)),
    ...renderHooks(hooks).map((line) => `  ${line}`),
    ...(note === undefined ? [] : [`  note: ${note}`]),
  ];
}

function renderExpect(expect: ExpectPlan): readonly string[] {
  const expected = wordExpect(expect);
  return expected.length === 0 ? [] : [`  expects ${escapeControls(expected.join(', '))}`];
}

function renderRoutine(task: RoutinePlan): readonly string[] {
  return [
    `task ${quoteName(task.id)}, a routine${task.keepGoing ? ', which goes on when a step fails' : ''}`,
    ...renderHooks(task.hooks).map((line) => `  ${line}`),
    ...task.steps.flatMap((step, index) => renderStep(step, index + 1)),
  ];
}

function renderStep(step: RoutineStep, number: number): readonly string[] {
  switch (step.type) {
    case 'exec':
      return [
        `  ${number}. ${renderExec(step.exec)}`,
        ...renderConditions(step.exec, '').map((line) => `   ${line}`),
      ];
    case 'task':
      return [`  ${number}. task ${quoteName(step.taskId)}`];
    case 'sigmask': {
      const changes = step.changes.map(({ action, signals }) => `${action} ${signals.join(', ')}`);
      return [`  ${number}. sigmask: ${changes.join('; ')}`];
    }
    default:
      return assertNever(step);
  }
}
