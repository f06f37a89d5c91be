/** Whether this host can take snapshots of volumes, found without changing anything. */
import { suggest } from '../../config/check/suggest.js';
import type { LvmPlan, LvmVolumePlan } from '../../config/plan/snapshots/sources.js';
import { messageOf } from '../../failure/failure.js';
import { numbersOf } from '../../host/block-devices.js';
import { layersUnder } from '../../host/layers.js';
import { findProgram, packageOf } from '../../host/programs.js';
import { formatSize } from '../../units/bytes.js';
import { typeOf, whyNotMounted } from '../mount.js';
import { checkPart } from '../part/part.js';
import type { Problem } from '../provider.js';
import { deviceOf, groupOf } from '../volume-name.js';
import { type LogicalVolume, listVolumes } from './volume.js';

const PROGRAMS = ['lvs', 'lvcreate', 'lvremove', 'dmsetup', 'blkid', 'mount', 'umount'];

export async function checkLvm({ volumes }: LvmPlan): Promise<readonly Problem[]> {
  const missing = PROGRAMS.filter((program) => findProgram(program) === undefined);
  if (missing.length > 0) return missing.map(describeMissing);
  const groups = [...new Set(volumes.map(({ volume }) => groupOf(volume)))];
  let found: readonly LogicalVolume[];
  try {
    found = await listVolumes(groups, { mayLack: true });
  } catch (error) {
    return [problem(`LVM cannot list its volumes: ${messageOf(error)}.`, 'See "lvs", as root.')];
  }
  const problems = await Promise.all(volumes.map((one) => checkVolume(one, found)));
  const wrong = problems.flat();
  if (wrong.length > 0) return wrong;
  return [
    ...checkSpace(volumes, found),
    ...(volumes.length > 1 ? await checkSuspension(volumes) : []),
  ];
}

function describeMissing(program: string): Problem {
  return {
    message: `There is no program "${program}", which a snapshot of LVM needs.`,
    hint: `Install ${packageOf(program)}.`,
    isProgram: true,
  };
}

async function checkVolume(
  { volume, size, part, mount }: LvmVolumePlan,
  found: readonly LogicalVolume[],
): Promise<readonly Problem[]> {
  const one = found.find((other) => other.volume === volume);
  if (one === undefined) {
    const near = suggest(
      volume,
      found.map((other) => other.volume),
    );
    return [problem(`There is no LVM volume ${volume}.`, near ?? 'See "lvs".')];
  }
  const [type = '', , , , state] = one.attributes;
  if (/[tdD]/.test(type)) return [problem(`${volume} is a pool.`, 'Name a volume in it.')];
  if (/[sS]/.test(type))
    return [
      problem(
        `${volume} is itself a snapshot, of ${one.origin}.`,
        `Name ${one.origin}, or leave "size" out where both are thin.`,
      ),
    ];
  if (size === null && type !== 'V')
    return [
      problem(
        `${volume} is not a thin volume.`,
        'Give "size": how much may change in it while the snapshot is there.',
      ),
    ];
  if (state !== 'a')
    return [problem(`${volume} is not active.`, `Activate it: lvchange -ay ${volume}`)];
  if (part.length > 0) return await checkPart({ disk: deviceOf(volume), steps: part });
  const why = mount === null ? undefined : whyNotMounted(await typeOf(deviceOf(volume)));
  if (why === undefined) return [];
  return [
    problem(`${volume} cannot be mounted: ${why}.`, 'Leave "mount" out, and read its device.'),
  ];
}

/** What they take of their groups, in whole extents. */
function checkSpace(
  volumes: readonly LvmVolumePlan[],
  found: readonly LogicalVolume[],
): readonly Problem[] {
  const needed = new Map<string, number>();
  for (const { volume, size } of volumes) {
    const group = groupOf(volume);
    const { extent = 1 } = found.find((one) => groupOf(one.volume) === group) ?? {};
    needed.set(group, (needed.get(group) ?? 0) + Math.ceil((size ?? 0) / extent) * extent);
  }
  return [...needed].flatMap(([group, bytes]) => {
    const { freeInGroup = 0 } = found.find((one) => groupOf(one.volume) === group) ?? {};
    if (bytes <= freeInGroup) return [];
    return [
      problem(
        `The volume group ${group} has ${formatSize(freeInGroup)} free, and the snapshot needs ${formatSize(bytes)}.`,
        `Give a smaller "size", or extend the group: vgextend ${group} DEVICE`,
      ),
    ];
  });
}

/** What palhm and LVM need themselves while the volumes are suspended. */
const NEEDED = ['/', '/usr', '/etc/lvm', '/run', '/tmp', '/var/log', process.execPath];

async function checkSuspension(volumes: readonly LvmVolumePlan[]): Promise<readonly Problem[]> {
  const needed = await Promise.all(
    NEEDED.map(async (path) => ({ path, layers: await layersUnder(path) })),
  );
  const problems: Problem[] = [];
  for (const { volume } of volumes) {
    const device = await numbersOf(deviceOf(volume));
    const { path } = needed.find(({ layers }) => layers.has(device ?? '')) ?? {};
    if (path === undefined) continue;
    problems.push(
      problem(
        `${path} is on ${volume}: several volumes are suspended for a moment, and palhm would be stuck on this one.`,
        'Take its snapshot alone, in a group of its own.',
      ),
    );
  }
  return problems;
}

function problem(message: string, hint: string): Problem {
  return { message, hint, isProgram: false };
}
