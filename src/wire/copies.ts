/** `palhm list --json`: the copies of a task, oldest first. */
import type { Copy } from '../copy/copy.js';
import type { DrillRecord, VerifyRecord } from '../copy/records.js';
import { isoOrNull } from './json-text.js';

export type CopiesJson = Readonly<ReturnType<typeof encodeCopies>>;

export function encodeCopies(task: string, copies: readonly Copy[]) {
  return { task, copies: copies.map((copy) => encodeListedCopy(copy)) };
}

export function encodeListedCopy(copy: Copy) {
  const { verify, drill } = copy.records;
  return {
    prefix: copy.prefix.name,
    size: copy.size,
    objects: copy.objects,
    started: isoOrNull(copy.started),
    finished: isoOrNull(copy.finished),
    manifest: copy.manifest,
    verify: verify === undefined ? null : encodeVerify(verify),
    drill: drill === undefined ? null : encodeDrill(drill),
  };
}

export function encodeVerify(record: VerifyRecord) {
  const { at, host, result, depth, read, of, problems, undecoded = null } = record;
  return { at, host, result, depth, read, of, problems, undecoded };
}

export function encodeDrill({ at, host, result, durationMs, problem }: DrillRecord) {
  return { at, host, result, duration_ms: durationMs, problem };
}
