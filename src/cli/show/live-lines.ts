/** The lines of the live display: one for each running object, and below them the progress of the whole. */
import { cut, formatClock, pad, truncate, widthOf } from '../../report/text.js';
import { formatSize } from '../../units/bytes.js';
import { count } from '../../units/count.js';
import { escapeControls } from '../../units/escape.js';
import type { ActivityRow } from './activity.js';
import { finishedBytes, type Tally } from './tally.js';

export interface LiveScene {
  readonly rows: readonly ActivityRow[];
  readonly tally: Tally | undefined;
  readonly now: number;
  /** The greatest width of a line. */
  readonly width: number;
  /** The greatest number of lines. At least 1. */
  readonly height: number;
}

interface Layout {
  readonly name: number;
  readonly stages: number;
  readonly hasSize: boolean;
  readonly hasRate: boolean;
  readonly hasClock: boolean;
}

/** For `1023.9 MiB`, `1023.9 MiB/s`, `1:02:03`. The widths are fixed, so that no column moves. */
const SIZE_WIDTH = 10;
const RATE_WIDTH = 12;
const CLOCK_WIDTH = 7;
const GAP = '  ';

export function renderLive(scene: LiveScene): readonly string[] {
  if (scene.rows.length === 0 && scene.tally === undefined) return [];
  const status = renderStatus(scene);
  const slots = scene.height - status.length;
  return [...renderRows(scene, slots), ...status].map((line) => cut(line, scene.width));
}

function renderRows(scene: LiveScene, slots: number): readonly string[] {
  const { rows } = scene;
  if (slots <= 0) return [];
  const shown = rows.length <= slots ? rows : rows.slice(0, slots - 1);
  const layout = chooseLayout(shown, scene.width);
  const lines = shown.map((row) => renderRow(row, layout));
  const more = rows.length - shown.length;
  return more === 0 ? lines : [...lines, `… and ${more} more`];
}

/** Columns that do not fit are left out: first the stages, then the rate, then the size, then the time. */
function chooseLayout(rows: readonly ActivityRow[], width: number): Layout {
  const hasSize = width >= 34;
  const hasRate = width >= 54;
  const hasClock = width >= 20;
  const gap = GAP.length;
  const taken =
    (hasSize ? gap + SIZE_WIDTH : 0) +
    (hasRate ? gap + RATE_WIDTH : 0) +
    (hasClock ? gap + CLOCK_WIDTH : 0);
  const free = width - taken;
  const longest = widest(rows.map((row) => escapeControls(row.name)));
  const stages = widest(rows.map((row) => escapeControls(row.stages)));
  const name = Math.min(longest, Math.max(20, Math.floor(free / 2), free - gap - stages));
  const room = Math.min(stages, free - name - gap);
  return room < 8
    ? { name: Math.min(longest, free), stages: 0, hasSize, hasRate, hasClock }
    : { name, stages: room, hasSize, hasRate, hasClock };
}

function widest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, widthOf(text)), 0);
}

function renderRow(row: ActivityRow, layout: Layout): string {
  const cells = [pad(truncate(escapeControls(row.name), layout.name), layout.name, 'left')];
  if (layout.stages > 0) {
    cells.push(pad(cut(escapeControls(row.stages), layout.stages), layout.stages, 'left'));
  }
  if (layout.hasSize) {
    cells.push(pad(row.bytes === undefined ? '' : formatSize(row.bytes), SIZE_WIDTH, 'right'));
  }
  if (layout.hasRate) {
    cells.push(pad(row.bytes === undefined ? '' : formatRate(row.rate), RATE_WIDTH, 'right'));
  }
  if (layout.hasClock) cells.push(pad(formatClock(row.elapsedMs), CLOCK_WIDTH, 'right'));
  return cells.join(GAP).trimEnd();
}

function renderStatus({ rows, tally, now, width }: LiveScene): readonly string[] {
  if (tally === undefined) return [];
  const done = `${tally.finished.length} of ${count(tally.objects, 'object')} done`;
  const bytes = rows.reduce((sum, row) => sum + (row.bytes ?? 0), finishedBytes(tally));
  const rate = rows.reduce((sum, row) => sum + row.rate, 0);
  const clock = formatClock(now - tally.openedAt);
  const full = [done, formatSize(bytes), formatRate(rate), clock].join(', ');
  return [widthOf(full) <= width ? full : [done, formatSize(bytes), clock].join(', ')];
}

function formatRate(bytesPerSecond: number): string {
  return `${formatSize(Math.round(bytesPerSecond))}/s`;
}
