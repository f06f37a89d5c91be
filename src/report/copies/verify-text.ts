/** `palhm verify`: a line for each copy, or documented JSON with every object. */
import type { CopyVerdict, ObjectVerdict, VerifiedCopy } from '../../copy/verdict.js';
import { formatSize } from '../../units/bytes.js';
import { count } from '../../units/count.js';
import { formatDuration } from '../../units/duration.js';
import { renderJson } from '../../wire/json-text.js';
import { renderTable } from '../text.js';

export function renderVerdicts(
  task: string,
  verdicts: readonly CopyVerdict[],
  { json }: { readonly json: boolean },
): string {
  if (json) return renderJson({ task, copies: verdicts.map(describeVerdict) });
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
  return result === 'damaged' ? `damaged, ${found}` : `not verified, ${found}`;
}

function describeVerdict(verdict: CopyVerdict): unknown {
  if (verdict.type === 'passed-over') {
    const nothing = { depth: null, read: 0, of: 0, size: 0, duration_ms: 0, recorded: false };
    const { prefix, why } = verdict;
    return { prefix: prefix.name, result: 'passed-over', ...nothing, problems: [why], objects: [] };
  }
  const { prefix, result, depth, read, of, size, durationMs, recorded, problems } = verdict;
  return {
    prefix: prefix.name,
    result,
    depth,
    read,
    of,
    size,
    duration_ms: Math.round(durationMs),
    recorded,
    problems: problems.map(({ text }) => text),
    objects: verdict.objects.map(describeObject),
  };
}

function describeObject({ path, size, result, problem }: ObjectVerdict): unknown {
  return { path, size, result, problem: problem ?? null };
}
