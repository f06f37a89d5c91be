/** Whether what a manifest describes is a copy of this task. Used by every backend that stores manifests. */
import type { Copy } from '../copy/copy.js';
import type { Manifest } from '../copy/manifest.js';
import type { Prefix } from '../copy/prefix.js';

export type Verdict =
  | { readonly type: 'copy'; readonly copy: Copy }
  | { readonly type: 'stranger'; readonly why: string };

/** What a listing has to know of a manifest. */
export interface ManifestFacts {
  readonly task: string;
  readonly prefix: string;
  readonly started: string;
  readonly finished: string;
  readonly size: number;
  readonly objects: number;
  readonly lockedUntil: string | undefined;
}

export function factsOf(manifest: Manifest): ManifestFacts {
  const { task, prefix, started, finished, objects, lock } = manifest;
  const size = objects.reduce((sum, object) => sum + object.size, 0);
  return {
    task,
    prefix,
    started,
    finished,
    size,
    objects: objects.length,
    lockedUntil: lock?.until,
  };
}

export function judgeCopy(facts: ManifestFacts, prefix: Prefix, task: string): Verdict {
  if (facts.prefix !== prefix.name) {
    return { type: 'stranger', why: `its manifest is that of copy ${facts.prefix}` };
  }
  if (facts.task !== task) {
    return { type: 'stranger', why: `is a copy of task ${JSON.stringify(facts.task)}` };
  }
  return { type: 'copy', copy: ownCopy(facts, prefix) };
}

function ownCopy(facts: ManifestFacts, prefix: Prefix): Copy {
  const { size, objects, started, finished, lockedUntil } = facts;
  return {
    ...(lockedUntil === undefined ? {} : { lockedUntil: Date.parse(lockedUntil) }),
    prefix,
    size,
    objects,
    started: Date.parse(started),
    finished: Date.parse(finished),
    manifest: true,
  };
}

/** A copy of the original PALHM: all there is to know is its name and its objects. */
export function originalCopy(
  prefix: Prefix,
  found: { readonly size: number; readonly objects: number },
): Copy {
  return { prefix, ...found, started: undefined, finished: undefined, manifest: false };
}
