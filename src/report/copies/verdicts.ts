/** `palhm verify`: a line for each copy, for people. */
import type { CopyVerdict, VerifiedCopy } from '../../copy/verdict.js';
import { formatSize } from '../../units/bytes.js';
import { count } from '../../units/count.js';
import { formatDuration } from '../../units/duration.js';
import { renderTable } from '../text.js';

export function renderVerdicts(verdicts: readonly CopyVerdict[]): string {
  const rows = [['copy', 'objects', 'size', 'took', 'result'], ...verdicts.map(rowOf)];
  const table = renderTable(rows, ['left', 'right', 'right', 'right', 'left']);
  return `${table.join('\n')}\n`;
}

function rowOf(verdict: CopyVerdict): readonly string[] {
  const { name } = verdict.prefix;
  if (verdict.type === 'passed-over') return [name, '', '', '', `not verified: ${verdict.why}`];
  const { read, of, size, durationMs } = verdict;
  const objects = read === of ? String(of) : `${read} of ${of}`;
  return [name, objects, formatSize(size), formatDuration({ ms: durationMs }), wordResult(verdict)];
}

function wordResult({ result, depth, problems }: VerifiedCopy): string {
  if (result === 'whole') return depth === 'decoded' ? 'whole, decoded' : 'whole';
  const found = count(problems.length, 'problem');
  return `${result === 'unread' ? 'not verified' : result}, ${found}`;
}
