/** `palhm list`: the copies of a task, oldest first. */
import type { Copy, Listing, Stranger } from '../../copy/copy.js';
import { isAfterNow } from '../../copy/latest.js';
import { formatSize } from '../../units/bytes.js';
import { count } from '../../units/count.js';
import { formatDuration } from '../../units/duration.js';
import { escapeControls } from '../../units/escape.js';
import { renderTable } from '../text.js';
import { wordDrillDay, wordVerifyDay } from './records.js';

/** The index of the column that is left out when no copy was ever drilled. */
const DRILLED = 5;
const ALIGNMENTS = ['left', 'right', 'right', 'right', 'left', 'left', 'left'] as const;

/** `now`: epoch milliseconds. */
export function renderCopies(
  { task, root }: { readonly task: string; readonly root: string },
  { copies }: Listing,
  now: number,
): string {
  if (copies.length === 0)
    return `task "${escapeControls(task)}" has no copies in ${escapeControls(root)}: is this the right root, and is it mounted?\n`;
  const size = copies.reduce((sum, copy) => sum + copy.size, 0);
  const rows = [
    ['copy', 'size', 'objects', 'took', 'verified', 'drilled', ''],
    ...copies.map((copy) => [
      copy.prefix.name,
      formatSize(copy.size),
      String(copy.objects),
      renderDuration(copy),
      wordVerifyDay(copy.records.verify),
      wordDrillDay(copy.records.drill),
      remarkOn(copy, now),
    ]),
    [count(copies.length, 'copy', 'copies'), formatSize(size), '', '', '', '', ''],
  ];
  const isDrilled = copies.some(({ records }) => records.drill !== undefined);
  const shown = isDrilled ? rows : rows.map((row) => row.toSpliced(DRILLED, 1));
  const table = renderTable(shown, ALIGNMENTS.slice(0, shown[0]?.length));
  return `${table.join('\n')}\n`;
}

function remarkOn({ manifest, prefix }: Copy, now: number): string {
  const remarks = [
    ...(manifest ? [] : ['no manifest']),
    ...(isAfterNow(prefix, now) ? ['dated after now'] : []),
  ];
  return remarks.join(', ');
}

/** Lines for stderr: entries of the root that are not copies. */
export function renderStrangers(strangers: readonly Stranger[]): readonly string[] {
  return strangers.map(
    ({ name, why }) => `left alone: "${escapeControls(name)}", ${escapeControls(why)}`,
  );
}

/** How long the backup took. Empty when that is not known, as for a copy without a manifest. */
export function renderDuration({ started, finished }: Copy): string {
  return started === undefined || finished === undefined
    ? ''
    : formatDuration({ ms: Math.max(0, finished - started) });
}
