/** The calm table at the end of a backup: its objects, the total, what rotation removed, where the copy is. */

import { formatSize } from '../units/bytes.js';
import { formatDuration } from '../units/duration.js';
import type { Tally } from './tally.js';
import { count, escapeControls, renderTable, truncate } from './text.js';
import { wordRotation } from './wording.js';

/** More objects than this are not read in a table: the largest are shown and the others counted. */
const MOST_ROWS = 40;
const LARGEST = 20;

type Finished = Tally['finished'][number];

/** What the columns of size and time take, gaps included: `1023.9 MiB`, `23 h 59 min`. */
const FIGURES_WIDTH = 26;
const NARROWEST_NAME = 16;

/** Nothing unless the copy was committed. Names are shortened for the table to fit the width. */
export function renderSummary(tally: Tally, width: number): readonly string[] {
  const { committed } = tally;
  if (committed === undefined) return [];
  const { shown, left } = selectRows(tally.finished);
  return [
    '',
    ...renderTable(
      [
        ['object', 'size', 'time'],
        ...shown.map((object) => [
          truncate(escapeControls(object.object), Math.max(NARROWEST_NAME, width - FIGURES_WIDTH)),
          formatSize(object.size),
          formatDuration({ ms: object.durationMs }),
        ]),
        ...renderLeft(left),
        [
          `total of ${count(committed.objects, 'object')}`,
          formatSize(committed.size),
          formatDuration({ ms: committed.durationMs }),
        ],
      ],
      ['left', 'right', 'right'],
    ),
    '',
    renderPlace(committed),
    ...renderRotation(tally),
  ];
}

function renderPlace(committed: NonNullable<Tally['committed']>): string {
  return committed.type === 'copy-committed'
    ? `copy      ${escapeControls(committed.location)}`
    : `restored  ${escapeControls(committed.target)}`;
}

function selectRows(finished: readonly Finished[]): {
  readonly shown: readonly Finished[];
  readonly left: readonly Finished[];
} {
  if (finished.length <= MOST_ROWS) return { shown: finished.toSorted(byName), left: [] };
  const bySize = finished.toSorted((one, other) => other.size - one.size || byName(one, other));
  return { shown: bySize.slice(0, LARGEST), left: bySize.slice(LARGEST) };
}

function byName(one: Finished, other: Finished): number {
  if (one.object === other.object) return 0;
  return one.object < other.object ? -1 : 1;
}

function renderLeft(left: readonly Finished[]): readonly (readonly string[])[] {
  if (left.length === 0) return [];
  const size = left.reduce((sum, object) => sum + object.size, 0);
  return [[`${left.length} smaller ones`, formatSize(size), '']];
}

function renderRotation({ rotation, removed }: Tally): readonly string[] {
  if (rotation === undefined) return [];
  return [
    `rotation  ${wordRotation(rotation)}`,
    ...renderTable(
      removed.map((copy) => ['removed', copy.prefix, formatSize(copy.size), copy.reason]),
      ['left', 'left', 'right', 'left'],
    ).map((line) => `          ${line}`),
  ];
}
