/**
 * The manifest of a copy: what its objects are and how to get them back without palhm. `schema/manifest.schema.json` and
 * doc/manifest.md describe it. Times are ISO 8601 in UTC. It is written last, so a copy that has one is whole.
 */
import { Failure, messageOf } from '../failure/failure.js';
import {
  argvOf,
  type Field,
  FieldProblem,
  fieldOf,
  itemsOf,
  measureOf,
  optionalFieldOf,
  orNull,
  textMatching,
  textOf,
  wholeNumberOf,
  wrong,
} from './json-fields.js';
import { parsePrefix } from './prefix.js';

/** The name of the manifest in the directory of its copy. */
export const MANIFEST_NAME = '.palhm-manifest.json';

const FORMAT = 1;

export interface Manifest {
  readonly format: 1;
  readonly palhm: string;
  readonly host: string;
  readonly task: string;
  readonly prefix: string;
  readonly started: string;
  readonly finished: string;
  /** Absent: the store was not told to keep it. */
  readonly lock?: ManifestLock;
  readonly objects: readonly ManifestObject[];
}

export interface ManifestLock {
  readonly mode: 'governance' | 'compliance';
  /** It may have been prolonged since. */
  readonly until: string;
}

export interface ManifestObject {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  /** Where its bytes lie when the store could not take them as one: paths in order, `path` itself first. */
  readonly volumes?: readonly string[];
  readonly group: string;
  readonly started: string;
  readonly finished: string;
  readonly stages: readonly ManifestStage[];
  /** A line for a shell, run in the copy's directory: the object, decoded as far as its filters have inverses, on stdout. */
  readonly restore: string;
}

export interface ManifestStage {
  /** Secrets appear as their reference, such as `${credential:db-password}`. */
  readonly argv: readonly string[];
  /** Null after a death by an accepted signal. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number;
  /** Null when the stage declares none. */
  readonly inverse: readonly string[] | null;
}

/** The text of a manifest: for people too, with its keys always in the same order. */
export function renderManifest(manifest: Manifest): string {
  const { format, palhm, host, task, prefix, started, finished, lock } = manifest;
  const objects = manifest.objects.map((object) => orderObject(object));
  const times = { started, finished, ...(lock === undefined ? {} : { lock }) };
  const ordered = { format, palhm, host, task, prefix, ...times, objects };
  return `${JSON.stringify(ordered, undefined, 2)}\n`;
}

/** Failure MANIFEST_INVALID for whatever is not a whole manifest of a format that this palhm knows. */
export function parseManifest(text: string): Manifest {
  const root: Field = { path: '', value: parseJson(text) };
  try {
    return readManifest(root);
  } catch (error) {
    if (error instanceof FieldProblem) {
      throw invalid(`The manifest is not valid: ${error.message}.`);
    }
    throw error;
  }
}

function orderObject(object: ManifestObject): ManifestObject {
  const { path, size, sha256, volumes, group, started, finished, restore } = object;
  const stages = object.stages.map((stage) => {
    const { argv, exitCode, signal, durationMs, inverse } = stage;
    return { argv, exitCode, signal, durationMs, inverse };
  });
  const parts = volumes === undefined ? {} : { volumes };
  return { path, size, sha256, ...parts, group, started, finished, restore, stages };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (text.trim() === '') {
      throw invalid('The manifest is empty.');
    }
    if (text.trimStart().startsWith('{') && !text.trimEnd().endsWith('}')) {
      throw invalid('The manifest is truncated: it ends before its last brace.');
    }
    throw invalid(`The manifest is not JSON: ${messageOf(error)}.`);
  }
}

function invalid(message: string): Failure {
  return new Failure({ code: 'MANIFEST_INVALID', message });
}

function readManifest(root: Field): Manifest {
  checkFormat(fieldOf(root, 'format'));
  const objects = itemsOf(fieldOf(root, 'objects')).map((object) => readObject(object));
  checkPathsDiffer(objects);
  const lock = optionalFieldOf(root, 'lock');
  return {
    ...(lock === undefined ? {} : { lock: readLock(lock) }),
    format: FORMAT,
    palhm: textOf(fieldOf(root, 'palhm')),
    host: textOf(fieldOf(root, 'host')),
    task: textOf(fieldOf(root, 'task')),
    prefix: readPrefix(fieldOf(root, 'prefix')),
    started: readInstant(fieldOf(root, 'started')),
    finished: readInstant(fieldOf(root, 'finished')),
    objects,
  };
}

function checkFormat(field: Field): void {
  const format = wholeNumberOf(field);
  if (format > FORMAT) {
    throw new FieldProblem(`format ${format} is newer than this palhm knows (${FORMAT})`);
  }
  if (format < FORMAT) {
    throw wrong(field, `a format that palhm has written (${FORMAT})`);
  }
}

function readLock(field: Field): ManifestLock {
  const form = /^(?:governance|compliance)$/;
  const means = '"governance" or "compliance"';
  const mode = textMatching(fieldOf(field, 'mode'), { form, means });
  const until = readInstant(fieldOf(field, 'until'));
  return { mode: mode === 'compliance' ? mode : 'governance', until };
}

function readObject(object: Field): ManifestObject {
  const volumes = optionalFieldOf(object, 'volumes');
  return {
    ...(volumes === undefined ? {} : { volumes: readVolumes(volumes) }),
    path: readObjectPath(fieldOf(object, 'path')),
    size: wholeNumberOf(fieldOf(object, 'size')),
    sha256: textMatching(fieldOf(object, 'sha256'), {
      form: /^[0-9a-f]{64}$/,
      means: 'a SHA-256 of 64 lower-case hex digits',
    }),
    group: textOf(fieldOf(object, 'group')),
    started: readInstant(fieldOf(object, 'started')),
    finished: readInstant(fieldOf(object, 'finished')),
    restore: textOf(fieldOf(object, 'restore')),
    stages: itemsOf(fieldOf(object, 'stages')).map((stage) => readStage(stage)),
  };
}

function readVolumes(field: Field): readonly string[] {
  return itemsOf(field).map((volume) => readObjectPath(volume));
}

function readStage(stage: Field): ManifestStage {
  return {
    argv: argvOf(fieldOf(stage, 'argv')),
    exitCode: orNull(fieldOf(stage, 'exitCode'), wholeNumberOf),
    signal: orNull(fieldOf(stage, 'signal'), textOf),
    durationMs: measureOf(fieldOf(stage, 'durationMs')),
    inverse: orNull(fieldOf(stage, 'inverse'), argvOf),
  };
}

/** Restore joins the path to a directory: it must stay below it, and mean one file whoever reads it. */
function readObjectPath(field: Field): string {
  const path = textOf(field);
  const isInside = path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!isInside || path.includes('\0')) {
    throw wrong(field, 'a relative path that stays inside the copy');
  }
  if (path === MANIFEST_NAME) {
    throw wrong(field, 'the path of an object: it is that of the manifest');
  }
  return path;
}

function checkPathsDiffer(objects: readonly ManifestObject[]): void {
  const seen = new Set<string>();
  for (const [index, { path }] of objects.entries()) {
    if (seen.has(path)) {
      throw new FieldProblem(
        `"objects[${index}].path" is ${JSON.stringify(path)}, which an earlier object has too`,
      );
    }
    seen.add(path);
  }
}

function readPrefix(field: Field): string {
  const prefix = textOf(field);
  if (parsePrefix(prefix) === undefined) {
    throw wrong(field, 'a prefix such as 2022-05-01T06:59:17+00:00');
  }
  return prefix;
}

function readInstant(field: Field): string {
  const means = 'a time in UTC such as 2022-05-01T06:59:17.123Z';
  const instant = textMatching(field, {
    form: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)$/,
    means,
  });
  if (Number.isNaN(Date.parse(instant))) {
    throw wrong(field, means);
  }
  return instant;
}
