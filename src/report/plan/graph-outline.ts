/** The content of the graph of a config, for any drawing language. Ids are plain words; labels may be any text. */
import type { BackupPlan, ExecPlan, GroupPlan, Plan, RoutinePlan } from '../../config/plan/plan.js';
import { renderValue } from '../../config/plan/render-value.js';
import { assertNever } from '../../failure/failure.js';
import { factsOf } from '../../sink/registry.js';
import { escapeControls } from '../../units/escape.js';

export interface TaskOutline {
  readonly id: string;
  readonly label: string;
  readonly boxes: readonly BoxOutline[];
  /** Nodes outside of the boxes: the steps of a routine, the sink of a backup. */
  readonly nodes: readonly NodeOutline[];
  readonly arrows: readonly ArrowOutline[];
}

/** A group. It has at least one node. */
export interface BoxOutline {
  readonly id: string;
  readonly label: string;
  readonly nodes: readonly NodeOutline[];
}

export interface NodeOutline {
  readonly id: string;
  readonly lines: readonly string[];
  readonly shape: 'box' | 'store' | 'note';
}

/** From what comes first to what comes after it. */
export interface ArrowOutline {
  readonly from: string;
  readonly to: string;
  /** Drawn dashed: the step of a routine that runs another task. */
  readonly refers: boolean;
}

export function outlineOf(plan: Plan): readonly TaskOutline[] {
  const ids = new Map(Array.from(plan.tasks.keys(), (name, index) => [name, `t${index}`]));
  return Array.from(plan.tasks.values(), (task) => {
    const id = ids.get(task.id) ?? '';
    return task.type === 'backup' ? outlineBackup(task, id) : outlineRoutine(task, id, ids);
  });
}

function outlineBackup(task: BackupPlan, id: string): TaskOutline {
  const sink = `${id}_sink`;
  const ids = new Map(task.groups.map((group, index) => [group.id, `${id}_g${index}`]));
  return {
    id,
    label: `backup ${escapeControls(task.id)}`,
    boxes: task.groups.map((group) => outlineGroup(group, ids.get(group.id) ?? '')),
    nodes: [
      { id: sink, lines: factsOf(task.sink).place.map(escapeControls), shape: 'store' },
      ...outlineDrill(task, `${id}_drill`),
    ],
    arrows: [
      ...orderGroups(task.groups, ids, sink),
      ...(task.drill === undefined ? [] : [{ from: sink, to: `${id}_drill`, refers: false }]),
    ],
  };
}

function outlineDrill({ drill }: BackupPlan, id: string): readonly NodeOutline[] {
  if (drill === undefined) return [];
  const restored = drill.restore.map(({ object }) => escapeControls(object));
  return [{ id, lines: ['drill', ...restored], shape: 'note' }];
}

function outlineGroup(group: GroupPlan, id: string): BoxOutline {
  const nodes = group.objects.map(({ path, pipeline }, index) => ({
    id: `${id}_o${index}`,
    lines: [path, pipeline.map(nameStage).join(' | ')].map(escapeControls),
    shape: 'box' as const,
  }));
  const empty = { id: `${id}_empty`, lines: ['no objects'], shape: 'note' as const };
  const label = `group ${escapeControls(group.id)}`;
  return { id, label, nodes: nodes.length === 0 ? [empty] : nodes };
}

/** Only groups on which no other group depends have an arrow to the sink: one from every group would hide the order. */
function orderGroups(
  groups: readonly GroupPlan[],
  ids: ReadonlyMap<string, string>,
  sink: string,
): readonly ArrowOutline[] {
  const awaited = new Set(groups.flatMap((group) => group.depends));
  const pairs = groups.flatMap((group) => group.depends.map((before) => [before, group.id]));
  const last = groups.filter((group) => !awaited.has(group.id));
  return [
    ...pairs.map(([before = '', after = '']) => ({
      from: ids.get(before) ?? '',
      to: ids.get(after) ?? '',
      refers: false,
    })),
    ...last.map((group) => ({ from: ids.get(group.id) ?? '', to: sink, refers: false })),
  ];
}

function outlineRoutine(
  task: RoutinePlan,
  id: string,
  ids: ReadonlyMap<string, string>,
): TaskOutline {
  const nodes = task.steps.map((step, index) => ({
    id: `${id}_s${index}`,
    lines: [escapeControls(labelStep(step))],
    shape: 'box' as const,
  }));
  const chain = nodes
    .slice(1)
    .map((node, index) => ({ from: `${id}_s${index}`, to: node.id, refers: false }));
  const references = task.steps.flatMap((step, index) =>
    step.type === 'task'
      ? [{ from: `${id}_s${index}`, to: ids.get(step.taskId) ?? '', refers: true }]
      : [],
  );
  const empty = { id: `${id}_empty`, lines: ['no steps'], shape: 'note' as const };
  return {
    id,
    label: `routine ${escapeControls(task.id)}`,
    boxes: [],
    nodes: nodes.length === 0 ? [empty] : nodes,
    arrows: [...chain, ...references],
  };
}

function labelStep(step: RoutinePlan['steps'][number]): string {
  switch (step.type) {
    case 'exec':
      return nameStage(step.exec);
    case 'task':
      return `task ${step.taskId}`;
    case 'sigmask':
      return `sigmask ${step.changes.map((change) => `${change.action} ${change.signals.join(' ')}`).join(', ')}`;
    default:
      return assertNever(step);
  }
}

/** The id of an exec that was defined under one. An inline exec has none: then the name of its program. */
function nameStage(exec: ExecPlan): string {
  const [program] = exec.argv;
  return exec.id ?? (program === undefined ? '' : baseName(renderValue(program)));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
