/** The table at the end of a backup or restore: the objects, the total, what rotation removed, where the result is. */
import type {
  ObjectReport,
  RestoreReport,
  RotationReport,
  RunReport,
} from '../events/run-report.js';
import { formatSize } from '../units/bytes.js';
import { count } from '../units/count.js';
import { formatDuration } from '../units/duration.js';
import { escapeControls } from '../units/escape.js';
import { formatTime, quoteName, renderTable, truncate } from './text.js';
import { wordRotation } from './wording.js';

/** Nobody reads a longer table. When there are more objects, the largest are shown and the others are counted. */
const MOST_ROWS = 40;
const LARGEST = 20;

/** The width of the columns of size and time, with their gaps: `1023.9 MiB`, `23 h 59 min`. */
const FIGURES_WIDTH = 26;
const NARROWEST_NAME = 16;

/** Empty unless a copy was committed. Names are shortened so that the table fits the width. */
export function renderRunSummary(report: RunReport, width: number): readonly string[] {
  const { copy, objects, freezes, rotation } = report;
  if (copy === undefined) return [];
  return [
    ...renderObjects({ ...copy, objects }, width),
    `copy      ${copy.location === null ? 'not kept' : escapeControls(copy.location)}`,
    ...freezes.map(
      ({ group, durationMs }) =>
        `frozen    ${formatTime(durationMs)} for group ${quoteName(group)}`,
    ),
    ...renderRotation(rotation),
  ];
}

export function renderRestoreSummary(restored: RestoreReport, width: number): readonly string[] {
  return [...renderObjects(restored, width), `restored  ${escapeControls(restored.target)}`];
}

function renderObjects(
  { objects, size, durationMs }: Pick<RestoreReport, 'objects' | 'size' | 'durationMs'>,
  width: number,
): readonly string[] {
  const { shown, left } = selectRows(objects);
  const nameWidth = Math.max(NARROWEST_NAME, width - FIGURES_WIDTH);
  const name = `total of ${count(objects.length, 'object')}`;
  const total = [name, formatSize(size), formatDuration({ ms: durationMs })];
  const rows = [
    ['object', 'size', 'time'],
    ...shown.map(({ path, size: bytes, durationMs: ms }) => [
      truncate(escapeControls(path), nameWidth),
      formatSize(bytes),
      formatDuration({ ms }),
    ]),
    ...renderOthers(left),
    total,
  ];
  return ['', ...renderTable(rows, ['left', 'right', 'right']), ''];
}

function selectRows(finished: readonly ObjectReport[]): {
  readonly shown: readonly ObjectReport[];
  readonly left: readonly ObjectReport[];
} {
  if (finished.length <= MOST_ROWS) return { shown: finished.toSorted(byName), left: [] };
  const bySize = finished.toSorted((one, other) => other.size - one.size || byName(one, other));
  return { shown: bySize.slice(0, LARGEST), left: bySize.slice(LARGEST) };
}

function byName(one: ObjectReport, other: ObjectReport): number {
  if (one.path === other.path) return 0;
  return one.path < other.path ? -1 : 1;
}

function renderOthers(left: readonly ObjectReport[]): readonly (readonly string[])[] {
  if (left.length === 0) return [];
  const size = left.reduce((sum, object) => sum + object.size, 0);
  return [[`${left.length} smaller ones`, formatSize(size), '']];
}

function renderRotation(rotation: RotationReport | undefined): readonly string[] {
  if (rotation === undefined) return [];
  const { kept, removed, freed } = rotation;
  const rows = removed.map(({ prefix, size, reason }) => [
    'removed',
    prefix,
    formatSize(size),
    reason,
  ]);
  return [
    `rotation  ${wordRotation({ kept, removed: removed.length, freed })}`,
    ...renderTable(rows, ['left', 'left', 'right', 'left']).map((line) => `          ${line}`),
  ];
}
