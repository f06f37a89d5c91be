/** `palhm rotate --dry-run`: what rotation would do with each copy, and why. */
import { formatSize } from '../../units/bytes.js';
import { count } from '../../units/count.js';
import { escapeControls } from '../../units/escape.js';
import { type RotationPreview, sumUpRotation } from '../../wire/rotation.js';
import { renderTable } from '../text.js';

export function renderRotation(task: string, plan: RotationPreview): string {
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

function renderRefusal({ refused }: RotationPreview): readonly string[] {
  if (refused === undefined) return [];
  return [
    `refused: it would remove ${refused.removing} of ${count(refused.of, 'copy', 'copies')} at once. Nothing is removed unless --yes confirms it.`,
  ];
}

function wordSum(plan: RotationPreview): string {
  const { keeping, removing, freeing } = sumUpRotation(plan);
  const kept = `${count(keeping, 'copy', 'copies')} to keep`;
  if (removing === 0) return `${kept}, none to remove`;
  return `${kept}, ${removing} to remove, ${formatSize(freeing)} to free`;
}
