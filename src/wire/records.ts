/** The records beside a manifest. Each is a small file that the next record of its kind replaces. See doc/manifest.md. */
import type { CopyRecords, DrillRecord, RecordKind, VerifyRecord } from '../copy/records.js';
import { decode } from './decode.js';
import { writeJson } from './json-text.js';

const FORMAT = 1;

export function renderVerifyRecord(record: VerifyRecord): string {
  return writeJson({ format: FORMAT, ...orderVerify(record) });
}

export function renderDrillRecord(record: DrillRecord): string {
  return writeJson({ format: FORMAT, ...orderDrill(record) });
}

/** Reads the texts that lie beside a manifest. A record that cannot be read counts as absent. */
export function parseRecords(texts: Readonly<Record<RecordKind, string | undefined>>): CopyRecords {
  const verify = decode('verify-record', texts.verify ?? '');
  const drill = decode('drill-record', texts.drill ?? '');
  return {
    verify: verify.ok ? orderVerify(verify.value) : undefined,
    drill: drill.ok ? orderDrill(drill.value) : undefined,
  };
}

function orderVerify(record: VerifyRecord): VerifyRecord {
  const { at, host, result, depth, read, of, problems, undecoded } = record;
  return { at, host, result, depth, read, of, problems, undecoded };
}

function orderDrill({ at, host, result, durationMs, problem }: DrillRecord): DrillRecord {
  return { at, host, result, durationMs, problem };
}
