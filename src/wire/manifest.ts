/** The text of a manifest. */
import type { Manifest, ManifestObject } from '../copy/manifest.js';

/** The text of a manifest: for people too, with its keys always in the same order. */
export function renderManifest(manifest: Manifest): string {
  const { format, palhm, host, task, prefix, started, finished, groups, signature } = manifest;
  const objects = manifest.objects.map((object) => orderObject(object));
  const head = { format, palhm, host, task, prefix, started, finished };
  const ordered = {
    ...head,
    ...(groups === undefined ? {} : { groups: groups.map(({ id, depends }) => ({ id, depends })) }),
    objects,
    ...(signature === undefined ? {} : { signature }),
  };
  return `${JSON.stringify(ordered, undefined, 2)}\n`;
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
