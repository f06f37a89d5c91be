/** `palhm config check --connect`: what was tried on each sink and how it went. The JSON is described in doc/operation.md. */
import type { SinkPlan } from '../config/plan/sinks/sinks.js';
import { describePlace } from '../sink/facts.js';
import type { Finding } from '../sink/probe.js';
import { factsOf } from '../sink/registry.js';
import { renderJson } from '../wire/json-text.js';
import { escapeControls, renderTable } from './text.js';

export interface FindingsOfTask {
  readonly backup: { readonly id: string; readonly sink: SinkPlan };
  readonly findings: readonly Finding[];
}

export function renderFindings(
  tasks: readonly FindingsOfTask[],
  { json }: { readonly json: boolean },
): string {
  if (json) return renderJson(describe(tasks));
  return tasks.map((task) => `\n${renderTask(task).join('\n')}\n`).join('');
}

function renderTask({ backup, findings }: FindingsOfTask): readonly string[] {
  const head = `sink of task "${escapeControls(backup.id)}": ${escapeControls(placeOf(backup.sink))}`;
  if (findings.length === 0) return [head, '  nothing to try: it keeps nothing'];
  const rows = renderTable(
    findings.map(({ state, name, detail }) => [state, name, detail]),
    ['left', 'left', 'left'],
  );
  return [
    head,
    ...findings.flatMap(({ hint }, index) => [
      `  ${rows[index] ?? ''}`,
      ...(hint === undefined ? [] : [`           next: ${escapeControls(hint)}`]),
    ]),
  ];
}

function describe(tasks: readonly FindingsOfTask[]): unknown {
  return {
    ok: tasks.every(({ findings }) => findings.every(({ state }) => state !== 'missing')),
    tasks: tasks.map(({ backup, findings }) => ({
      task: backup.id,
      sink: placeOf(backup.sink),
      checks: findings.map(({ name, state, right, detail, hint }) => ({
        name,
        state,
        right: right ?? null,
        detail,
        hint: hint ?? null,
      })),
    })),
  };
}

function placeOf(sink: SinkPlan): string {
  return describePlace(factsOf(sink));
}
