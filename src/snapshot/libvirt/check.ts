/** Whether this host can take snapshots of a domain, found without changing anything. */
import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LibvirtPlan } from '../../config/plan/snapshots/sources.js';
import { Failure } from '../../failure/failure.js';
import { findProgram, packageOf } from '../../host/programs.js';
import type { Problem } from '../provider.js';
import { chooseDisks } from './choose-disks.js';
import type { Disk, Domain } from './domain.js';
import { answers } from './still.js';
import { findDomain, runVirsh } from './virsh.js';

const ASK_MS = 30_000;
const PROGRAMS = ['virsh', 'qemu-storage-daemon', 'qemu-img'];
const FOR_MOUNTS = ['losetup', 'partx', 'blkid', 'mount', 'umount'];

export async function checkLibvirt(plan: LibvirtPlan): Promise<readonly Problem[]> {
  const wanted = plan.mounts.length === 0 ? PROGRAMS : [...PROGRAMS, ...FOR_MOUNTS];
  const missing = wanted.filter((program) => findProgram(program) === undefined);
  if (missing.length > 0)
    return missing.map((program) => ({
      message: `There is no program "${program}", by which the snapshot is taken and read.`,
      hint: `Install ${packageOf(program)}.`,
      isProgram: true,
    }));
  const asking = { timeoutMs: ASK_MS };
  const where = plan.uri ?? 'libvirt';
  const refused = await refusalOf(runVirsh(plan, ['list', '--uuid'], asking));
  if (refused !== undefined)
    return [
      problem(`${where} does not answer: ${refused}.`, 'See whether libvirtd runs, and "uri".'),
    ];
  let domain: Domain;
  try {
    domain = await findDomain(plan, asking);
  } catch {
    return [problem(`There is no domain "${plan.domain}".`, 'See "virsh list --all".')];
  }
  const { disks, problems } = chooseDisks(domain, plan);
  const state = await checkState(plan, domain);
  const places = await Promise.all(disks.map((disk) => checkPlaces(plan, disk)));
  return [
    ...state,
    ...problems.map(({ message, hint }) => problem(message, hint)),
    ...places.flat(),
  ];
}

async function checkState(
  plan: LibvirtPlan,
  { name, uuid, isRunning }: Domain,
): Promise<readonly Problem[]> {
  if (!isRunning && !plan.offlineOk)
    return [
      problem(
        `The domain ${name} is off.`,
        'Start it, or set "offline-ok" to have it read as it is.',
      ),
    ];
  if (!isRunning || plan.quiesce !== 'agent' || (await answers(plan, uuid))) return [];
  return [
    problem(
      `The agent in the domain ${name} does not answer.`,
      'Install qemu-guest-agent in the guest, and give it a channel org.qemu.guest_agent.0.',
    ),
  ];
}

async function checkPlaces(
  { directory }: LibvirtPlan,
  { target, chain: [top] }: Disk,
): Promise<readonly Problem[]> {
  if (top === undefined || !['file', 'block'].includes(top.type)) return [];
  const readable = await access(top.path, constants.R_OK).then(
    () => true,
    () => false,
  );
  if (!readable)
    return [
      problem(
        `The disk "${target}" is ${top.path}, which cannot be read here.`,
        'palhm has to run as root, on the host of the domain.',
      ),
    ];
  const place = directory ?? dirname(top.path);
  const found = await stat(place).catch(() => undefined);
  return found?.isDirectory() === true
    ? []
    : [problem(`There is no directory ${place} for the overlays.`, 'Make it.')];
}

/** The last line of what it has written, which says most. */
async function refusalOf(asked: Promise<unknown>): Promise<string | undefined> {
  try {
    await asked;
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.details.at(-1)?.replace(/^\| (error: )?/, '') ?? error.message;
  }
}

function problem(message: string, hint: string): Problem {
  return { message, hint, isProgram: false };
}
