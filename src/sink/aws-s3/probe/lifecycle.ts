/** Judges what the lifecycle rules of a bucket do to the copies below a root. */
import type { LifecycleRule, Transition } from '@aws-sdk/client-s3';
import { note, type Outcome, ok } from '../../probe.js';
import { prefixOf, rulesForAll } from '../bucket/settings.js';

export interface LifecycleFinding {
  readonly name: string;
  readonly outcome: Outcome;
}

export interface LifecycleRoot {
  /** Every key of the root begins with this. */
  readonly base: string;
  readonly isVersioned: boolean;
}

/** An object of these classes must be restored before it can be read. */
const ARCHIVES: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

export function judgeLifecycle(
  rules: readonly LifecycleRule[],
  { base, isVersioned }: LifecycleRoot,
): readonly LifecycleFinding[] {
  const enabled = rules.filter(({ Status }) => Status === 'Enabled');
  const whole = rulesForAll(rules, base);
  const some = enabled.filter(
    (rule) => base.startsWith(prefixOf(rule)) || prefixOf(rule).startsWith(base),
  );
  return [
    { name: 'old unfinished uploads', outcome: judgeUploads(whole) },
    ...(isVersioned ? [{ name: 'old versions', outcome: judgeVersions(whole) }] : []),
    ...some.flatMap(findExpiry),
    ...some.flatMap(findArchive),
  ];
}

function judgeUploads(rules: readonly LifecycleRule[]): Outcome {
  const days = soonest(
    rules.map((rule) => rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation),
  );
  if (days !== undefined) return ok(`aborted after ${wordDays(days)}`);
  return note(
    'no lifecycle rule aborts them: what a host that never comes back leaves is billed for ever',
    'give the bucket a rule with AbortIncompleteMultipartUpload after a few days',
  );
}

function judgeVersions(rules: readonly LifecycleRule[]): Outcome {
  const days = soonest(rules.map((rule) => rule.NoncurrentVersionExpiration?.NoncurrentDays));
  if (days !== undefined) return ok(`removed ${wordDays(days)} after rotation`);
  return note(
    'no lifecycle rule removes them: what rotation removes is billed for ever',
    'give the bucket a rule with NoncurrentVersionExpiration',
  );
}

/** Finds rules that remove current objects, of which rotation does not know. */
function findExpiry({ ID, Expiration }: LifecycleRule): readonly LifecycleFinding[] {
  const { Days, Date: date } = Expiration ?? {};
  if (Days === undefined && date === undefined) return [];
  const when = Days === undefined ? 'at a date' : `after ${wordDays(Days)}`;
  const outcome = note(
    `the lifecycle rule ${JSON.stringify(ID ?? '')} removes objects ${when}, whatever rotation would keep`,
    'leave this to palhm ("keep", "nb-copy-limit"), or make sure that rotation is always earlier',
  );
  return [{ name: 'removal by the bucket', outcome }];
}

function findArchive({ ID, Transitions = [] }: LifecycleRule): readonly LifecycleFinding[] {
  const archive = Transitions.find(isArchive);
  if (archive === undefined) return [];
  const outcome = note(
    `the lifecycle rule ${JSON.stringify(ID ?? '')} moves objects to ${archive.StorageClass}, manifests too: palhm cannot read them there`,
    'use "rot-storage-class" instead, which leaves the manifests where they can be read',
  );
  return [{ name: 'archiving by the bucket', outcome }];
}

function isArchive({ StorageClass }: Transition): boolean {
  return ARCHIVES.has(StorageClass ?? '');
}

function soonest(days: readonly (number | undefined)[]): number | undefined {
  const known = days.filter((day) => day !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function wordDays(days: number): string {
  return days === 1 ? '1 day' : `${days} days`;
}
