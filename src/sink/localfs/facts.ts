import type { LocalfsPlan } from '../../config/plan/sinks/localfs.js';
import { formatSize } from '../../units/bytes.js';
import type { SinkFacts, Traits } from '../facts.js';

export const LOCALFS_TRAITS: Traits = {
  keeps: true,
  sizes: 'stored',
  digest: 'own',
  rotation: 'copies',
  wantsExpectedSize: false,
};

export function localfsFacts(plan: LocalfsPlan): SinkFacts {
  const { type, root, directoryMode, fileMode, minFree, prefix, retention } = plan;
  return {
    place: [type, root],
    root: `${type}:${root}`,
    directory: root,
    rows: [
      ['sink', type],
      ['root', root],
      ['modes', wordModes(plan)],
      ...(minFree === undefined ? [] : [['space', wordSpace(minFree)] as const]),
    ],
    json: {
      type,
      root,
      directory_mode: octal(directoryMode),
      file_mode: octal(fileMode),
      min_free: minFree ?? null,
    },
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

function wordSpace(minFree: number): string {
  return minFree === 0 ? 'not looked at before' : `${formatSize(minFree)} must be free`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(3, '0');
}
