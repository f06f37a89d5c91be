/** `palhm rotate --dry-run`: what rotation would do with each copy, and why. */
import type { Copy } from '../../copy/copy.js';
import { formatSize } from '../../units/bytes.js';
import { count } from '../../units/count.js';
import { renderJson } from '../../wire/json-text.js';
import { escapeControls, renderTable } from '../text.js';

/** What is shown of the plan that `src/copy/retention.ts` makes. */
export interface RotationToShow {
  readonly fates: readonly {
    readonly copy: Copy;
    readonly action: 'keep' | 'remove';
    readonly reason: string;
  }[];
  /** Present when the plan removes too much at once to be carried out unconfirmed. */
  readonly refused?: { readonly removing: number; readonly of: number } | undefined;
  readonly warnings: readonly string[];
}

export function renderRotation(
  task: string,
  plan: RotationToShow,
  { json }: { readonly json: boolean },
): string {
  if (json) return renderJson(describeRotation(task, plan));
  const rows = plan.fates.map(({ copy, action, reason }) => [
    copy.prefix.name,
    formatSize(copy.size),
    action,
    reason,
  ]);
  const lines = [
    ...(rows.length === 0
      ? []
      : renderTable(
          [['copy', 'size', 'fate', 'reason'], ...rows],
          ['left', 'right', 'left', 'left'],
        )),
    ...plan.warnings.map((warning) => `warning: ${escapeControls(warning)}`),
    `task "${escapeControls(task)}": ${wordSum(plan)}`,
    ...renderRefusal(plan),
  ];
  return `${lines.join('\n')}\n`;
}

function renderRefusal({ refused }: RotationToShow): readonly string[] {
  if (refused === undefined) return [];
  return [
    `refused: it would remove ${refused.removing} of ${count(refused.of, 'copy', 'copies')} at once. Nothing is removed unless --yes confirms it.`,
  ];
}

function describeRotation(task: string, plan: RotationToShow): unknown {
  return {
    task,
    copies: plan.fates.map(({ copy, action, reason }) => ({
      prefix: copy.prefix.name,
      size: copy.size,
      action,
      reason,
    })),
    ...sumOf(plan),
    refused: plan.refused ?? null,
    warnings: plan.warnings,
  };
}

function wordSum(plan: RotationToShow): string {
  const { keeping, removing, freeing } = sumOf(plan);
  const kept = `${count(keeping, 'copy', 'copies')} to keep`;
  if (removing === 0) return `${kept}, none to remove`;
  return `${kept}, ${removing} to remove, ${formatSize(freeing)} to free`;
}

function sumOf({ fates }: RotationToShow): {
  readonly keeping: number;
  readonly removing: number;
  readonly freeing: number;
} {
  const removed = fates.filter((fate) => fate.action === 'remove');
  return {
    keeping: fates.length - removed.length,
    removing: removed.length,
    freeing: removed.reduce((sum, fate) => sum + fate.copy.size, 0),
  };
}
