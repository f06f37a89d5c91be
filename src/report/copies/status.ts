/** `palhm status`: a line for each backup, and notes below. */
import type { BackupStatus, Known } from '../../copy/status.js';
import type { Trend } from '../../copy/trend.js';
import { formatSize } from '../../units/bytes.js';
import { formatDuration } from '../../units/duration.js';
import { escapeControls } from '../../units/escape.js';
import { renderTable } from '../text.js';
import { wordVerify } from './records.js';

/** `now` in epoch milliseconds. */
export function renderStatus(backups: readonly BackupStatus[], now: number): string {
  const head = ['task', 'state', 'age', 'max age', 'size', 'trend', 'verified', 'drilled'];
  const rows = backups.map((backup) => rowOf(backup, now));
  const isDrilled = backups.some(({ drill }) => drill !== undefined);
  const shown = [head, ...rows].map((row) => (isDrilled ? row : row.slice(0, -1)));
  const notes = backups.flatMap(({ task, notes: said }) =>
    said.map((note) => `${escapeControls(task)}: ${escapeControls(note)}`),
  );
  const table = renderTable(shown, ALIGNMENTS.slice(0, shown[0]?.length));
  return `${[...table, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n')}\n`;
}

const ALIGNMENTS = ['left', 'left', 'right', 'right', 'right', 'right', 'left', 'left'] as const;

function rowOf(backup: BackupStatus, now: number): readonly string[] {
  const { task, state, ageMs, maxAge, last, trend, verify, drill } = backup;
  return [
    task,
    state,
    ageMs === undefined ? '' : formatDuration({ ms: ageMs }),
    maxAge === undefined ? '' : formatDuration(maxAge),
    last === undefined ? '' : formatSize(last.size),
    wordTrend(trend),
    wordRecord(verify, now, wordVerify),
    wordRecord(drill, now, ({ result }) => result),
  ];
}

/** `+2 %`: the size compared with the median of the earlier copies. */
function wordTrend({ change }: Trend): string {
  if (change === undefined) return '';
  const percent = Math.round(change * 100);
  return `${percent > 0 ? '+' : ''}${percent} %`;
}

function wordRecord<T extends { readonly at: string }>(
  known: Known<T> | undefined,
  now: number,
  word: (record: T) => string,
): string {
  if (known === undefined) return 'never';
  const ms = Math.max(0, now - Date.parse(known.record.at));
  return `${word(known.record)}, ${formatDuration({ ms })} ago`;
}
