/** `palhm show`: one copy, its objects, and the lines that restore them. */
import type { Copy } from '../../copy/copy.js';
import type { Manifest, ManifestObject } from '../../copy/manifest.js';
import type { DrillRecord, Undecoded, VerifyRecord } from '../../copy/records.js';
import type { CopyDetails } from '../../run/copies/inspect.js';
import type { RestoreLine } from '../../run/restore/lines.js';
import { formatSize } from '../../units/bytes.js';
import { count } from '../../units/count.js';
import { formatDuration } from '../../units/duration.js';
import { escapeControls } from '../../units/escape.js';
import { shorten } from '../../units/shorten.js';
import { renderTable } from '../text.js';
import { renderDuration } from './copies.js';
import { wordVerify } from './records.js';
import { renderSuspect } from './restore-lines.js';

/** How many hex digits of a SHA-256 are shown: enough to see that two objects differ. */
const SHORT_HASH = 12;

/** The manifest is undefined for a copy without one. */
export function renderCopy({ copy, manifest, lines: restoreLines }: CopyDetails): string {
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
      ['manifest', 'none: nothing says how its objects were made; they can be restored raw'],
    ];
  }
  return [
    ['copy', copy.prefix.name],
    ['task', `${manifest.task} on ${manifest.host}, palhm ${manifest.palhm}`],
    ['started', manifest.started],
    ['took', renderDuration(copy)],
    ['size', size],
    ['verified', describeVerify(copy.records.verify)],
    ...describeUndecoded(copy.records.verify?.undecoded),
    ...(copy.records.drill === undefined ? [] : [['drilled', describeDrill(copy.records.drill)]]),
  ];
}

function describeVerify(record: VerifyRecord | undefined): string {
  if (record === undefined) return 'never';
  const { at, host, problems } = record;
  const found = problems.length === 0 ? '' : `: ${joinShort(problems)}`;
  return `${at} on ${host}, ${wordVerify({ ...record, undecoded: undefined })}${found}`;
}

function describeUndecoded(undecoded: Undecoded | undefined): readonly (readonly string[])[] {
  if (undecoded === undefined) return [];
  const { at, host, problems } = undecoded;
  return [['undecodable', `${at} on ${host}: ${joinShort(problems)}`]];
}

function joinShort(problems: readonly string[]): string {
  return problems.map((one) => shorten(one)).join('; ');
}

function describeDrill({ at, host, result, problem }: DrillRecord): string {
  return `${at} on ${host}, ${result}${problem === null ? '' : `: ${shorten(problem)}`}`;
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

function renderLines(lines: readonly RestoreLine[]): readonly string[] {
  const sound = lines.filter(({ suspect }) => !suspect);
  const suspects = lines.filter(({ suspect }) => suspect);
  const where = sound.some(({ inCopy }) => inCopy) ? ", in the copy's directory" : '';
  return [
    ...(sound.length === 0 ? [] : ['', `to restore${where}:`]),
    ...sound.map(({ line }) => `  ${escapeControls(line)}`),
    ...(suspects.length === 0 ? [] : ['', 'changed by somebody, not to be used:']),
    ...suspects.map((one) => `  ${renderSuspect(one)}`),
  ];
}
