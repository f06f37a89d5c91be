/** `palhm status --json`: whether every backup is fresh and whole. */
import type { BackupStatus } from '../copy/status.js';
import { encodeDrill, encodeVerify } from './copies.js';

export type StatusJson = Readonly<ReturnType<typeof encodeStatus>>;

export function encodeStatus(backups: readonly BackupStatus[]) {
  return { tasks: backups.map((backup) => encodeBackup(backup)) };
}

function encodeBackup(backup: BackupStatus) {
  const { task, state, ageMs, maxAge, trend, verify, drill, notes } = backup;
  return {
    task,
    state,
    last: encodeLast(backup),
    age_seconds: ageMs === undefined ? null : Math.round(ageMs / 1000),
    max_age_seconds: maxAge === undefined ? null : maxAge.ms / 1000,
    trend: { sizes: trend.sizes, median: trend.median ?? null, change: trend.change ?? null },
    verify: verify === undefined ? null : { prefix: verify.prefix, ...encodeVerify(verify.record) },
    drill: drill === undefined ? null : { prefix: drill.prefix, ...encodeDrill(drill.record) },
    notes,
  };
}

function encodeLast({ last }: BackupStatus) {
  if (last === undefined) return null;
  const { prefix, size, finished } = last;
  return { prefix, size, finished: new Date(finished).toISOString() };
}
