/** The copy to restore from: found, opened, and what there is in it. */
import type { BackupPlan } from '../../config/plan/plan.js';
import { findBackup } from '../../config/plan/tasks.js';
import type { ManifestGroup, ManifestStage } from '../../copy/manifest.js';
import { isObjectPath } from '../../copy/object-path.js';
import { parsePrefix } from '../../copy/prefix.js';
import { Failure } from '../../failure/failure.js';
import { traitsOf } from '../../sink/registry.js';
import type { Sink, StoredCopy } from '../../sink/sink.js';
import { locateCopy } from '../copies/find-copy.js';
import type { StoredFacts } from '../objects/bring-back.js';
import type { Bracket } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { closeStored, sinkOf } from '../operation/places.js';
import { type OpenedPlace, openPlace } from './open-place.js';
import type { CopySource } from './request.js';

/** An object of the copy, and all that is known of it. */
export interface CopyObject extends StoredFacts {
  readonly group: string;
  /** Epoch milliseconds: when it was made; 0 where nobody knows. */
  readonly started: number;
  /** How it was made; undefined in a copy of the original PALHM. */
  readonly made: Making | undefined;
}

export interface Making {
  readonly stages: readonly ManifestStage[];
  readonly apply: readonly (readonly string[])[] | undefined;
  /** The line of the manifest. */
  readonly restore: string;
}

export interface SourceCopy {
  readonly sink: Sink;
  readonly stored: StoredCopy;
  /** The task and the host that made it; the host is not known of a copy of the original PALHM. */
  readonly task: string;
  readonly host: string | undefined;
  readonly prefix: string;
  readonly groups: readonly ManifestGroup[] | undefined;
  readonly objects: readonly CopyObject[];
}

/** The copy that a restore reads. Failure COPY_NOT_FOUND, MANIFEST_INVALID, SIGNATURE_INVALID, COPY_DAMAGED. */
export function sourceOf(operation: Operation, source: CopySource): Bracket<SourceCopy> {
  return {
    name: 'the copy to restore from',
    async open() {
      const located = await locate(operation, source);
      try {
        return await describe(located);
      } catch (error) {
        await closeAll(located).catch((closing: unknown) => operation.aftermath.add(closing));
        throw error;
      }
    },
    close: closeAll,
  };
}

async function closeAll({ stored, sink }: Pick<Located, 'stored' | 'sink'>): Promise<void> {
  try {
    await closeStored(stored);
  } finally {
    await sink.close();
  }
}

/** A copy, and the sink that it is opened through. */
interface Located extends OpenedPlace {
  readonly task: string | undefined;
  readonly name: string;
}

async function locate(operation: Operation, source: CopySource): Promise<Located> {
  if (source.type === 'place') {
    const opened = await openPlace(operation, source);
    return { ...opened, task: undefined, name: source.place.name };
  }
  const backup = findBackup(operation.plan, source.task);
  if (!traitsOf(backup.sink).keeps) throw keepsNothing(backup);
  const sink = await sinkOf(operation, backup).open(operation.signal);
  try {
    const { prefix } = await locateCopy(operation, sink, source.copy);
    return { sink, stored: sink.stored(prefix), task: backup.id, name: prefix.name };
  } catch (error) {
    await sink.close();
    throw error;
  }
}

async function describe({ sink, stored, task, name }: Located): Promise<SourceCopy> {
  const manifest = await stored.manifest();
  if (manifest === undefined) {
    if (parsePrefix(name) === undefined) throw notACopy(stored);
    const objects = await listOriginal(stored);
    const where = { sink, stored, task: task ?? '', host: undefined, prefix: name };
    return { ...where, groups: undefined, objects };
  }
  const objects = manifest.objects.map(
    ({ path, volumes, size, sha256, group, started, stages, apply, restore }) => ({
      path,
      ...(volumes === undefined ? {} : { volumes }),
      size,
      sha256,
      group,
      started: Date.parse(started),
      made: { stages, apply, restore },
    }),
  );
  const { host, prefix, groups } = manifest;
  return { sink, stored, task: manifest.task, host, prefix, groups, objects };
}

async function listOriginal(stored: StoredCopy): Promise<readonly CopyObject[]> {
  const pieces = await stored.inventory();
  return pieces.map(({ path, size }) => {
    if (size === undefined || !isObjectPath(path)) throw notAnObject(path);
    return { path, size, sha256: undefined, group: 'default', started: 0, made: undefined };
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
