/** `palhm show`: one copy, its objects and how to get them back. */
import type { Copy } from '../../copy/copy.js';
import type { Manifest, ManifestObject } from '../../copy/manifest.js';
import type { DrillRecord, VerifyRecord } from '../../copy/records.js';
import type { ShownCopy } from '../../run/copies/look.js';
import type { PrintedLine } from '../../run/restore/lines.js';
import { formatSize } from '../../units/bytes.js';
import { count } from '../../units/count.js';
import { formatDuration } from '../../units/duration.js';
import { escapeControls, renderTable } from '../text.js';
import { renderTook } from './copies-text.js';
import { wordVerify } from './records-text.js';

/** As many hex digits of a SHA-256 as tell two objects apart by eye. */
const SHORT_HASH = 12;

/** The manifest is undefined for a copy of the original PALHM. */
export function renderCopy({ copy, manifest, lines: restoreLines }: ShownCopy): string {
  const lines = [
    ...renderTable(headOf(copy, manifest), ['left', 'left']),
    ...(manifest === undefined ? [] : renderObjects(manifest.objects)),
    ...renderLines(restoreLines),
  ];
  return `${lines.join('\n')}\n`;
}

function headOf(copy: Copy, manifest: Manifest | undefined): readonly (readonly string[])[] {
  const size = `${formatSize(copy.size)} in ${count(copy.objects, 'object')}`;
  if (manifest === undefined) {
    return [
      ['copy', copy.prefix.name],
      ['size', size],
      ['manifest', 'none: a copy of the original PALHM, its objects can be restored raw'],
    ];
  }
  return [
    ['copy', copy.prefix.name],
    ['task', `${manifest.task} on ${manifest.host}, palhm ${manifest.palhm}`],
    ['started', manifest.started],
    ['took', renderTook(copy)],
    ['size', size],
    ['verified', renderVerified(copy.records.verify)],
    ...(copy.records.drill === undefined ? [] : [['drilled', renderDrilled(copy.records.drill)]]),
  ];
}

function renderVerified(record: VerifyRecord | undefined): string {
  if (record === undefined) return 'never';
  const { at, host, problems } = record;
  const found = problems.length === 0 ? '' : `: ${problems.join('; ')}`;
  return `${at} on ${host}, ${wordVerify(record)}${found}`;
}

function renderDrilled({ at, host, result, problem }: DrillRecord): string {
  return `${at} on ${host}, ${result}${problem === null ? '' : `: ${problem}`}`;
}

function renderObjects(objects: readonly ManifestObject[]): readonly string[] {
  const rows = objects.map((object) => [
    object.path,
    formatSize(object.size),
    object.sha256.slice(0, SHORT_HASH),
    object.group,
    formatDuration({ ms: Math.max(0, Date.parse(object.finished) - Date.parse(object.started)) }),
  ]);
  return [
    '',
    ...renderTable(
      [['object', 'size', 'sha256', 'group', 'time'], ...rows],
      ['left', 'right', 'left', 'left', 'right'],
    ),
  ];
}

function renderLines(lines: readonly PrintedLine[]): readonly string[] {
  if (lines.length === 0) return [];
  return [
    '',
    lines.some(({ inCopy }) => !inCopy) ? 'to restore:' : "to restore, in the copy's directory:",
    ...lines.map(({ path, line, suspect }) => {
      const warning = suspect ? `# ${path}: NOT what its stages ask for, look at it: ` : '';
      return `  ${escapeControls(warning + line)}`;
    }),
  ];
}
