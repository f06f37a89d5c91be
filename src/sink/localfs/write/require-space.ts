/** Looks before a copy is begun whether there is room for it, so that nothing is frozen, taken and read in vain. */
import type { LocalfsPlan } from '../../../config/plan/sinks/localfs.js';
import { Failure } from '../../../failure/failure.js';
import { asSinkFailure, HINT_FULL } from '../../../host/sink-failure.js';
import { freeSpace } from '../../../host/space.js';
import { formatSize } from '../../../units/bytes.js';

/** Failure SINK_FULL when less is free than the plan wants, or, where it says nothing, than a copy of the expected size takes. */
export async function requireSpace(
  { root, minFree }: Pick<LocalfsPlan, 'root' | 'minFree'>,
  expectedSize = 0,
): Promise<void> {
  const wanted = minFree ?? expectedSize;
  if (wanted === 0) return;
  const { bytes } = await asSinkFailure(`measure ${root}`, () => freeSpace(root));
  if (bytes >= wanted) return;
  const why =
    minFree === undefined
      ? `the newest copy has ${formatSize(wanted)}, and there is no room for another like it`
      : `"min-free" wants ${formatSize(wanted)}`;
  throw new Failure({
    code: 'SINK_FULL',
    message: `${formatSize(bytes)} are free in ${root}: ${why}`,
    hint:
      minFree === undefined ? `${HINT_FULL}. Set "min-free" when it will be smaller` : HINT_FULL,
  });
}
