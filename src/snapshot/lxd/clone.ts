/**
 * What is asked for when a clone is made. The daemon gives a copy all that the original has and the request does not: so what the clone
 * must not have is overridden, not left out.
 */
import type { LxdPlan } from '../../config/plan/snapshots/sources.js';
import type { Devices, Instance } from './api.js';

/** Of the configuration of the clone: the run, and the container that it is of. */
export const RUN_KEY = 'user.palhm.run';
export const SOURCE_KEY = 'user.palhm.source';

export interface Profile {
  readonly name: string;
  readonly devices: Devices;
}

export interface CloneWanted {
  readonly name: string;
  /** The id of the run. */
  readonly run: string;
  readonly source: Instance;
  /** The profiles that the plan adds. */
  readonly added: readonly Profile[];
}

/** What the original needs, and a copy that nobody is to know of must not have. Empty is the default of each. */
const CLEARED = [
  'snapshots.schedule',
  'cloud-init.network-config',
  'user.network-config',
  'security.protection.delete',
  'security.protection.start',
] as const;

/** The body of POST /1.0/instances. */
export function describeClone(plan: LxdPlan, { name, run, source, added }: CloneWanted) {
  const { expanded_config: config } = source;
  const cleared = CLEARED.filter((key) => config[key] !== undefined).map((key) => [key, '']);
  const raw = config['raw.lxc'];
  return {
    name,
    ephemeral: plan.ephemeral,
    source: { type: 'copy', source: `${source.name}/${name}` },
    profiles: profilesOf(plan, source),
    devices: devicesOf(source, added),
    config: {
      ...Object.fromEntries(cleared),
      ...(raw === undefined ? {} : { 'raw.lxc': withoutShared(raw) }),
      'boot.autostart': 'false',
      [RUN_KEY]: run,
      [SOURCE_KEY]: source.name,
      ...environmentOf(plan),
    },
  };
}

function profilesOf({ profiles }: LxdPlan, source: Instance): readonly string[] {
  const names = new Set(source.profiles);
  for (const { action, name } of profiles) {
    names.delete(name);
    if (action === 'add') names.add(name);
  }
  return [...names];
}

/** The root disk, and what the added profiles bring: neither its addresses nor what it shares with others. */
function devicesOf({ expanded_devices: own }: Instance, added: readonly Profile[]): Devices {
  const brought: Devices = Object.assign({}, ...added.map(({ devices }) => devices));
  const names = [...new Set([...Object.keys(own), ...Object.keys(brought)])];
  const rootName = Object.entries(own).find(([, device]) => isRoot(device))?.[0];
  return Object.fromEntries(
    names.map((name) => {
      const [mine = NONE, theirs = NONE] = [own[name], brought[name]];
      if (name === rootName) return [name, mine];
      return [name, isRoot(theirs) ? NONE : theirs];
    }),
  );
}

/** A device of that name that a profile has is hidden by it. */
const NONE = { type: 'none' } as const;

type Device = Devices[string];

function isRoot({ type, path }: Device): boolean {
  return type === 'disk' && path === '/';
}

function environmentOf({ environment }: LxdPlan): Readonly<Record<string, string>> {
  const entries = Object.entries(environment);
  return Object.fromEntries(entries.map(([name, value]) => [`environment.${name}`, value]));
}

/**
 * Lines of lxc.container.conf(5) that say what a container may do and how it starts. All others could give it what is not its own: an
 * address, a mount, a namespace, a log, by a file that is included, or by a key that is yet to come.
 */
const ITS_OWN =
  /^\s*(?:#|$|lxc\.(?:aa_profile|apparmor|selinux|seccomp|cap|cgroup2?(?!\.dir)|prlimit|sysctl|proc|environment|init|signal|no_new_privs|arch)\b)/;

function withoutShared(raw: string): string {
  return raw
    .split('\n')
    .filter((line) => ITS_OWN.test(line))
    .join('\n');
}

/** What the container has and its clone does not, as sentences. */
export function gapsOf({ expanded_devices: devices, expanded_config: config }: Instance) {
  const disks = Object.entries(devices).filter(
    ([, device]) => device['type'] === 'disk' && device['path'] !== undefined && !isRoot(device),
  );
  const mounts = (config['raw.lxc'] ?? '').split('\n').filter((line) => MAY_MOUNT.test(line));
  return [
    ...disks.map(
      ([name, { path = '' }]) => `${path}, the disk device ${name}, is not in the snapshot`,
    ),
    ...mounts.map((line) => `${line.trim()}, of raw.lxc, is not in the snapshot`),
  ];
}

const MAY_MOUNT = /^\s*lxc\.(?:mount|include)/;

export function rootPool({ expanded_devices }: Instance): string | undefined {
  return Object.values(expanded_devices).find(isRoot)?.['pool'];
}
