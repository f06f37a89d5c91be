/** `palhm config check --connect`: what was tried on each sink, with the result. */
import type { SinkPlan } from '../config/plan/sinks/sinks.js';
import { describePlace } from '../sink/facts.js';
import type { Finding } from '../sink/probe.js';
import { factsOf } from '../sink/registry.js';
import { escapeControls } from '../units/escape.js';
import { renderTable } from './text.js';

export interface FindingsOfTask {
  readonly backup: { readonly id: string; readonly sink: SinkPlan };
  readonly findings: readonly Finding[];
}

export function renderFindings(tasks: readonly FindingsOfTask[]): string {
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

/** Where a sink is, for people. */
export function placeOf(sink: SinkPlan): string {
  return describePlace(factsOf(sink));
}
