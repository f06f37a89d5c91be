/** A run report in documented JSON, for consumers such as a mail, a catalogue or a metric. */
import type { CopyReport, ObjectReport, RotationReport, RunReport } from '../events/run-report.js';
import { encodeFailure, type FailureJson } from './failure.js';

export interface RunReportJson {
  readonly id: string;
  readonly task: string;
  readonly kind: RunReport['kind'];
  readonly host: string;
  /** ISO 8601. */
  readonly started: string;
  readonly finished: string;
  readonly copy: ReturnType<typeof encodeCopyReport> | null;
  readonly objects: readonly ReturnType<typeof encodeObjectReport>[];
  readonly freezes: readonly { readonly group: string; readonly duration_ms: number }[];
  readonly rotation: ReturnType<typeof encodeRotationReport> | null;
  readonly skipped: string | null;
  readonly failure: FailureJson | null;
  readonly afterwards: readonly FailureJson[];
  readonly children: readonly RunReportJson[];
}

/** @public The entry point for notifiers and catalogues. Nothing inside palhm uses it yet. */
export function encodeRunReport(report: RunReport): RunReportJson {
  const { id, task, kind, host, copy, rotation, skipped, failure } = report;
  return {
    id,
    task,
    kind,
    host,
    started: new Date(report.started).toISOString(),
    finished: new Date(report.finished).toISOString(),
    copy: copy === undefined ? null : encodeCopyReport(copy),
    objects: report.objects.map((object) => encodeObjectReport(object)),
    freezes: report.freezes.map(({ group, durationMs }) => ({ group, duration_ms: durationMs })),
    rotation: rotation === undefined ? null : encodeRotationReport(rotation),
    skipped: skipped ?? null,
    failure: failure === undefined ? null : encodeFailure(failure),
    afterwards: report.afterwards.map((one) => encodeFailure(one)),
    children: report.children.map((child) => encodeRunReport(child)),
  };
}

function encodeCopyReport({ prefix, location, size, durationMs }: CopyReport) {
  return { prefix, location, size, duration_ms: durationMs };
}

function encodeObjectReport({ path, group, state, size, sha256, durationMs }: ObjectReport) {
  return { path, group, state, size, sha256, duration_ms: durationMs };
}

function encodeRotationReport({ kept, removed, freed }: RotationReport) {
  const copies = removed.map(({ prefix, size, reason }) => ({ prefix, size, reason }));
  return { kept, removed: copies, freed };
}
