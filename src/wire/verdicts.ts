/** `palhm verify --json`: the verdict on each copy and each object. */
import type { CopyVerdict, ObjectVerdict, VerifiedCopy } from '../copy/verdict.js';

export type VerdictsJson = Readonly<ReturnType<typeof encodeVerdicts>>;

export function encodeVerdicts(task: string, verdicts: readonly CopyVerdict[]) {
  return { task, copies: verdicts.map((verdict) => encodeVerdict(verdict)) };
}

interface VerdictJson extends Pick<VerifiedCopy, 'read' | 'of' | 'size' | 'recorded'> {
  readonly prefix: string;
  readonly result: VerifiedCopy['result'] | 'passed-over';
  readonly depth: VerifiedCopy['depth'] | null;
  readonly duration_ms: number;
  readonly problems: readonly string[];
  readonly objects: readonly ReturnType<typeof encodeObject>[];
}

function encodeVerdict(verdict: CopyVerdict): VerdictJson {
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
    objects: verdict.objects.map((object) => encodeObject(object)),
  };
}

function encodeObject({ path, size, result, problem }: ObjectVerdict) {
  return { path, size, result, problem: problem ?? null };
}
