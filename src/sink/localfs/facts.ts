import type { LocalfsPlan } from '../../config/plan/sinks/localfs.js';
import type { SinkFacts, Traits } from '../facts.js';

export const LOCALFS_TRAITS: Traits = {
  keeps: true,
  sizes: 'stored',
  digest: 'own',
  rotation: 'copies',
  wantsExpectedSize: false,
};

export function localfsFacts(plan: LocalfsPlan): SinkFacts {
  const { type, root, directoryMode, fileMode, prefix, retention } = plan;
  return {
    place: [type, root],
    root: `${type}:${root}`,
    directory: root,
    rows: [
      ['sink', type],
      ['root', root],
      ['modes', wordModes(plan)],
    ],
    json: { type, root, directory_mode: octal(directoryMode), file_mode: octal(fileMode) },
    prefix,
    retention,
    memoryFor: undefined,
  };
}

/** `directories 750, files 640, names to the second`. */
function wordModes({ directoryMode, fileMode, prefix }: LocalfsPlan): string {
  const precision = prefix.timespec.replace(/s$/, '');
  return `directories ${octal(directoryMode)}, files ${octal(fileMode)}, names to the ${precision}`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(3, '0');
}
