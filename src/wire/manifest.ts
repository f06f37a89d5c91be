/** The text of a manifest. */
import type {
  Manifest,
  ManifestGroup,
  ManifestObject,
  ManifestSignature,
} from '../copy/manifest.js';
import { writeJson } from './json-text.js';

/** The text of a manifest. People may read it, too. Its keys always have the same order. */
export function renderManifest(manifest: Manifest): string {
  return writeJson(orderManifest(manifest));
}

/** The same manifest with its keys in the order of the schema, and without unknown keys. Absent keys stay absent. */
export function orderManifest(manifest: Manifest): Manifest {
  const { format, palhm, host, task, prefix, started, finished, groups, signature } = manifest;
  const objects = manifest.objects.map((object) => orderObject(object));
  const head = { format, palhm, host, task, prefix, started, finished };
  return {
    ...head,
    ...(groups === undefined ? {} : { groups: groups.map((group) => orderGroup(group)) }),
    objects,
    ...(signature === undefined ? {} : { signature: orderSignature(signature) }),
  };
}

function orderGroup({ id, depends, snapshot }: ManifestGroup): ManifestGroup {
  if (snapshot === undefined) return { id, depends };
  const { of, taken, frozenMs } = snapshot;
  const frozen = frozenMs === undefined ? {} : { frozenMs };
  return { id, depends, snapshot: { of, taken, ...frozen } };
}

function orderSignature({ algorithm, key, value }: ManifestSignature): ManifestSignature {
  return { algorithm, key, value };
}

function orderObject(object: ManifestObject): ManifestObject {
  const { path, size, sha256, volumes, group, started, finished, restore, apply } = object;
  const stages = object.stages.map((stage) => {
    const { argv, exitCode, signal, durationMs, inverse, stderr } = stage;
    const said = stderr === undefined ? {} : { stderr };
    return { argv, exitCode, signal, durationMs, inverse, ...said };
  });
  const parts = volumes === undefined ? {} : { volumes };
  const back = apply === undefined ? { restore } : { restore, apply };
  return { path, size, sha256, ...parts, group, started, finished, ...back, stages };
}
