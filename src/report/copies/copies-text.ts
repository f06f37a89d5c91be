/** `palhm list`: the copies of a task, oldest first. */
import type { Copy, Listing, Stranger } from '../../copy/copy.js';
import { formatSize } from '../../units/bytes.js';
import { count } from '../../units/count.js';
import { formatDuration } from '../../units/duration.js';
import { isoOrNull, renderJson } from '../../wire/json-text.js';
import { escapeControls, renderTable } from '../text.js';
import { describeRecords, wordDrillDay, wordVerifyDay } from './records-text.js';

/** The column that is left out when no copy was ever drilled. */
const DRILLED = 5;
const ALIGNMENTS = ['left', 'right', 'right', 'right', 'left', 'left', 'left'] as const;

export function renderCopies(
  task: string,
  listing: Listing,
  { json }: { readonly json: boolean },
): string {
  const { copies } = listing;
  if (json) return renderJson({ task, copies: copies.map(describeCopy) });
  if (copies.length === 0) return `task "${escapeControls(task)}" has no copies\n`;
  const size = copies.reduce((sum, copy) => sum + copy.size, 0);
  const rows = [
    ['copy', 'size', 'objects', 'took', 'verified', 'drilled', ''],
    ...copies.map((copy) => [
      copy.prefix.name,
      formatSize(copy.size),
      String(copy.objects),
      renderTook(copy),
      wordVerifyDay(copy.records.verify),
      wordDrillDay(copy.records.drill),
      copy.manifest ? '' : 'no manifest',
    ]),
    [count(copies.length, 'copy', 'copies'), formatSize(size), '', '', '', '', ''],
  ];
  const isDrilled = copies.some(({ records }) => records.drill !== undefined);
  const shown = isDrilled ? rows : rows.map((row) => row.toSpliced(DRILLED, 1));
  const table = renderTable(shown, ALIGNMENTS.slice(0, shown[0]?.length));
  return `${table.join('\n')}\n`;
}

/** Lines for stderr: what lies in the root and is not a copy of it. */
export function renderStrangers(strangers: readonly Stranger[]): readonly string[] {
  return strangers.map(
    ({ name, why }) => `left alone: "${escapeControls(name)}", ${escapeControls(why)}`,
  );
}

/** A copy in documented JSON. */
export function describeCopy(copy: Copy): Readonly<Record<string, unknown>> {
  return {
    prefix: copy.prefix.name,
    size: copy.size,
    objects: copy.objects,
    started: isoOrNull(copy.started),
    finished: isoOrNull(copy.finished),
    manifest: copy.manifest,
    ...describeRecords(copy.records),
  };
}

/** Empty when it is not known, as for a copy of the original PALHM. */
export function renderTook({ started, finished }: Copy): string {
  return started === undefined || finished === undefined
    ? ''
    : formatDuration({ ms: Math.max(0, finished - started) });
}
