/** The copy to restore from: found, opened, and what is in it. */
import type { BackupPlan } from '../../config/plan/plan.js';
import { findBackup } from '../../config/plan/tasks.js';
import type { ManifestGroup, ManifestStage } from '../../copy/manifest.js';
import { isObjectPath } from '../../copy/object-path.js';
import { parsePrefix } from '../../copy/prefix.js';
import { Failure } from '../../failure/failure.js';
import { traitsOf } from '../../sink/registry.js';
import type { StoredCopy } from '../../sink/sink.js';
import { locateCopy } from '../copies/find-copy.js';
import type { StoredFacts } from '../objects/bring-back.js';
import { within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { sinkBracket, storedCopyBracket } from '../operation/places.js';
import { withPlace } from './place.js';
import type { CopySource } from './request.js';

/** An object of the copy, and all that is known of it. */
export interface CopyObject extends StoredFacts {
  readonly group: string;
  /** Epoch milliseconds: when its backup began; 0 where nobody knows. */
  readonly started: number;
  /** Undefined in a copy without a manifest. */
  readonly recipe: Recipe | undefined;
}

/** How an object was made, and so how it is brought back. */
export interface Recipe {
  readonly stages: readonly ManifestStage[];
  /** The commands that the object itself declares to bring it back. */
  readonly apply: readonly (readonly string[])[] | undefined;
  /** The line of the manifest. */
  readonly restore: string;
}

export interface SourceCopy {
  readonly stored: StoredCopy;
  /** The task that made it. */
  readonly task: string;
  /** The host that made it; not known of a copy without a manifest. */
  readonly host: string | undefined;
  readonly prefix: string;
  readonly groups: readonly ManifestGroup[] | undefined;
  readonly objects: readonly CopyObject[];
}

/**
 * Opens the copy that a restore reads, and does the work on it. Failure COPY_NOT_FOUND, MANIFEST_INVALID,
 * SIGNATURE_INVALID, COPY_DAMAGED.
 */
export async function withSource<R>(
  operation: Operation,
  source: CopySource,
  work: (copy: SourceCopy) => Promise<R>,
): Promise<R> {
  if (source.type === 'place') {
    const { name } = source.place;
    return await withPlace(operation, source, async (stored) =>
      work(await describeSource(stored, { task: '', name })),
    );
  }
  const backup = findBackup(operation.plan, source.task);
  if (!traitsOf(backup.sink).keeps) throw keepsNothing(backup);
  return await within(operation, sinkBracket(operation, backup), async (sink) => {
    const { prefix } = await locateCopy(operation, { task: backup.id, sink }, source.copy);
    return await within(operation, storedCopyBracket(sink, prefix), async (stored) =>
      work(await describeSource(stored, { task: backup.id, name: prefix.name })),
    );
  });
}

/** `known`: its name, and its task where the manifest does not say it. */
async function describeSource(
  stored: StoredCopy,
  known: { readonly task: string; readonly name: string },
): Promise<SourceCopy> {
  const manifest = await stored.manifest();
  if (manifest === undefined) {
    if (parsePrefix(known.name) === undefined) throw notACopy(stored);
    const objects = await listOriginal(stored);
    const { task, name: prefix } = known;
    return { stored, task, host: undefined, prefix, groups: undefined, objects };
  }
  const objects = manifest.objects.map(
    ({ path, volumes, size, sha256, group, started, stages, apply, restore }) => ({
      path,
      volumes,
      size,
      sha256,
      group,
      started: Date.parse(started),
      recipe: { stages, apply, restore },
    }),
  );
  const { task, host, prefix, groups } = manifest;
  return { stored, task, host, prefix, groups, objects };
}

async function listOriginal(stored: StoredCopy): Promise<readonly CopyObject[]> {
  const pieces = await stored.inventory();
  return pieces.map(({ path, size }) => {
    if (size === undefined || !isObjectPath(path)) throw notAnObject(path);
    return { path, size, sha256: undefined, group: 'default', started: 0, recipe: undefined };
  });
}

function keepsNothing({ id, sink }: BackupPlan): Failure {
  return new Failure({
    code: 'USAGE',
    message: `task "${id}" stores nothing: its backend is "${sink.type}"`,
    hint: 'name a task that keeps copies',
  });
}

function notACopy({ location }: StoredCopy): Failure {
  return new Failure({
    code: 'COPY_NOT_FOUND',
    message: `${location} is no copy: it has neither a manifest nor the name of one`,
    hint: 'name the directory of a copy: the one that holds .palhm-manifest.json',
  });
}

function notAnObject(path: string): Failure {
  return new Failure({
    code: 'COPY_DAMAGED',
    message: `${JSON.stringify(path)} in the copy is neither a file nor a directory that palhm restores`,
    hint: 'name the objects that are wanted with --object',
  });
}
