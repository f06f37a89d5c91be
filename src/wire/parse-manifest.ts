/** Reads the text of a manifest. It may be damaged, of a later version, or made by an attacker. */
import type { Manifest, ManifestGroup, ManifestObject } from '../copy/manifest.js';
import { parsePrefix } from '../copy/prefix.js';
import { Failure } from '../failure/failure.js';
import { decode } from './decode.js';
import { describeWrong } from './schema-problem.js';

/**
 * Failure MANIFEST_INVALID unless the text is a complete manifest of a format that this palhm knows. The manifest has all keys
 * of the text, also those that this palhm does not know, because its signature is made of them.
 */
export function parseManifest(text: string): Manifest {
  const decoded = decode('manifest', text);
  if (!decoded.ok) throw invalidManifestFailure(decoded.problem);
  const problem = findProblem(decoded.value);
  if (problem !== undefined) throw invalidManifestFailure(`is not valid: ${problem}`);
  return decoded.value;
}

function invalidManifestFailure(problem: string): Failure {
  return new Failure({ code: 'MANIFEST_INVALID', message: `The manifest ${problem}.` });
}

/** Checks what a schema cannot express: conditions between several values, and whether a date exists. */
function findProblem({ prefix, groups, objects }: Manifest): string | undefined {
  return findWrongPrefix(prefix) ?? findWrongGroup(groups ?? []) ?? findWrongObject(objects);
}

function findWrongPrefix(prefix: string): string | undefined {
  if (parsePrefix(prefix) !== undefined) return undefined;
  return describeWrong('prefix', prefix, 'a prefix such as 2022-05-01T06:59:17+00:00');
}

/** A group may depend only on groups before it, so that there is no cycle. */
function findWrongGroup(groups: readonly ManifestGroup[]): string | undefined {
  const earlier = new Set<string>();
  for (const [index, { id, depends }] of groups.entries()) {
    const at = depends.findIndex((one) => !earlier.has(one));
    const path = `groups[${index}]`;
    if (at >= 0)
      return describeWrong(`${path}.depends[${at}]`, depends[at], 'the id of an earlier group');
    if (earlier.has(id)) return describeWrong(`${path}.id`, id, 'an id of its own');
    earlier.add(id);
  }
  return undefined;
}

function findWrongObject(objects: readonly ManifestObject[]): string | undefined {
  const seen = new Set<string>();
  for (const [index, { path, volumes }] of objects.entries()) {
    const place = `objects[${index}]`;
    if (seen.has(path))
      return `"${place}.path" is ${JSON.stringify(path)}, which an earlier object has too`;
    seen.add(path);
    if (volumes !== undefined && !areVolumesOf(path, volumes))
      return describeWrong(`${place}.volumes`, volumes, VOLUMES);
  }
  return undefined;
}

const VOLUMES = "two or more paths that differ, the object's own first";

function areVolumesOf(path: string, volumes: readonly string[]): boolean {
  return volumes[0] === path && new Set(volumes).size === volumes.length;
}
