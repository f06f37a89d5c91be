/** Reads the text of a manifest, which may be damaged, of a later version, or made by somebody who means harm. */

import type {
  Manifest,
  ManifestGroup,
  ManifestObject,
  ManifestSignature,
  ManifestStage,
} from '../copy/manifest.js';
import { isOwnPath } from '../copy/object-path.js';
import { parsePrefix } from '../copy/prefix.js';
import { Failure, messageOf } from '../failure/failure.js';
import { readInstant } from './instant.js';
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

const FORMAT = 1;

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
  return {
    format: FORMAT,
    palhm: textOf(fieldOf(root, 'palhm')),
    host: textOf(fieldOf(root, 'host')),
    task: textOf(fieldOf(root, 'task')),
    prefix: readPrefix(fieldOf(root, 'prefix')),
    started: readInstant(fieldOf(root, 'started')),
    finished: readInstant(fieldOf(root, 'finished')),
    ...optionally('groups', optionalFieldOf(root, 'groups'), readGroups),
    objects,
    ...optionally('signature', optionalFieldOf(root, 'signature'), readSignature),
  };
}

/** A property that is there when its field is. */
function optionally<const K extends string, T>(
  key: K,
  field: Field | undefined,
  read: (field: Field) => T,
): { readonly [key in K]?: T } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a computed key widens to string
  return (field === undefined ? {} : { [key]: read(field) }) as { readonly [key in K]?: T };
}

/** A group may depend on those before it alone, so that there is no circle. */
function readGroups(field: Field): readonly ManifestGroup[] {
  const known = new Set<string>();
  return itemsOf(field).map((group) => {
    const id = textOf(fieldOf(group, 'id'));
    const depends = itemsOf(fieldOf(group, 'depends')).map((one) => {
      if (!known.has(textOf(one))) throw wrong(one, 'the id of an earlier group');
      return textOf(one);
    });
    if (known.has(id)) throw wrong(fieldOf(group, 'id'), 'an id of its own');
    known.add(id);
    return { id, depends };
  });
}

function readSignature(field: Field): ManifestSignature {
  const algorithm = fieldOf(field, 'algorithm');
  if (algorithm.value !== 'ed25519') throw wrong(algorithm, 'an algorithm that palhm signs with');
  return {
    algorithm: 'ed25519',
    key: textMatching(fieldOf(field, 'key'), HEX_256),
    value: textOf(fieldOf(field, 'value')),
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

const HEX_256 = { form: /^[0-9a-f]{64}$/, means: 'a SHA-256 of 64 lower-case hex digits' };

function readObject(object: Field): ManifestObject {
  const path = readObjectPath(fieldOf(object, 'path'));
  const readOwnVolumes = (field: Field): readonly string[] => readVolumes(field, path);
  return {
    ...optionally('volumes', optionalFieldOf(object, 'volumes'), readOwnVolumes),
    ...optionally('apply', optionalFieldOf(object, 'apply'), readPipeline),
    path,
    size: wholeNumberOf(fieldOf(object, 'size')),
    sha256: textMatching(fieldOf(object, 'sha256'), HEX_256),
    group: textOf(fieldOf(object, 'group')),
    started: readInstant(fieldOf(object, 'started')),
    finished: readInstant(fieldOf(object, 'finished')),
    restore: textOf(fieldOf(object, 'restore')),
    stages: itemsOf(fieldOf(object, 'stages')).map((stage) => readStage(stage)),
  };
}

function readVolumes(field: Field, path: string): readonly string[] {
  const volumes = itemsOf(field).map((volume) => readObjectPath(volume));
  const isWhole = volumes.length >= 2 && volumes[0] === path;
  if (!isWhole || new Set(volumes).size < volumes.length) {
    throw wrong(field, "two or more paths that differ, the object's own first");
  }
  return volumes;
}

function readPipeline(field: Field): readonly (readonly string[])[] {
  return itemsOf(field).map((argv) => argvOf(argv));
}

function readStage(stage: Field): ManifestStage {
  return {
    argv: argvOf(fieldOf(stage, 'argv')),
    exitCode: orNull(fieldOf(stage, 'exitCode'), wholeNumberOf),
    signal: orNull(fieldOf(stage, 'signal'), textOf),
    durationMs: measureOf(fieldOf(stage, 'durationMs')),
    inverse: orNull(fieldOf(stage, 'inverse'), argvOf),
    ...optionally('stderr', optionalFieldOf(stage, 'stderr'), textOf),
  };
}

/** Restore joins the path to a directory: it must stay below it, and mean one file whoever reads it. */
function readObjectPath(field: Field): string {
  const path = textOf(field);
  const isInside = path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!isInside || path.includes('\0')) {
    throw wrong(field, 'a relative path that stays inside the copy');
  }
  if (isOwnPath(path)) {
    throw wrong(field, 'the path of an object: such names are kept for palhm itself');
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
