/**
 * A LXD or an Incus of its own, by the lab (lab.ts), with storage pools `dir` and `btr` (btrfs) and an image `busybox`.
 * Needs root; Debian packages: lxd, lxd-client, busybox-static, btrfs-progs, iproute2, rsync, squashfs-tools.
 */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import type { LxdPlan } from '../../src/config/plan/snapshots/sources.js';
import { makeLabDirectory, mustRunScript, runScript, whyNoLab } from './lab.js';

export interface Lxd {
  readonly socket: string;
  readonly client: string;
  /** Of the client. */
  readonly environment: Readonly<Record<string, string>>;
  /** The process id of the daemon. */
  readonly pid: number;
  /** Runs the client; its output without blanks around it. */
  readonly run: (...args: readonly string[]) => string;
  /** The same with this as its stdin. */
  readonly feed: (input: string, ...args: readonly string[]) => string;
  /** Starts a daemon that was ended, with all that it had. */
  startAgain(): Promise<Lxd>;
  remove(): Promise<void>;
}

/** For `skip`. PALHM_LXD_KIND=incus: the tests run with Incus. */
export function whyNoLxd(): string | false {
  return whyNoLab('lxd-up.sh');
}

const KIND = process.env['PALHM_LXD_KIND'] === 'incus' ? 'incus' : 'lxd';

export async function makeLxd(): Promise<Lxd> {
  return await startLxd(await makeLabDirectory());
}

async function startLxd(state: string): Promise<Lxd> {
  const text = await mustRunScript('lxd-up.sh', [state], { LAB_KIND: KIND });
  const said = new Map(
    Array.from(text.matchAll(/(\w+)=(\S+)/g), ([, name, value]) => [name, value]),
  );
  const { PATH = '' } = process.env;
  const conf = { LXD_DIR: `${state}/var`, LXD_CONF: `${state}/conf` };
  const env = { PATH, ...conf, INCUS_DIR: conf.LXD_DIR, INCUS_CONF: conf.LXD_CONF };
  const client = said.get('LAB_LXC') ?? '';
  const feed = (input: string, ...args: readonly string[]): string =>
    execFileSync(client, args, { encoding: 'utf8', env, input, stdio: 'pipe' }).trim();
  return {
    socket: said.get('LAB_LXD_SOCKET') ?? '',
    client,
    environment: env,
    pid: Number(said.get('LAB_LXD_PID')),
    run: (...args) => feed('', ...args),
    feed,
    startAgain: () => startLxd(state),
    async remove() {
      await runScript('lxd-down.sh', [state, '--wipe']);
      rmSync(state, { recursive: true, force: true });
    },
  };
}

export function planOf({ socket, client }: Lxd, instance: string): LxdPlan {
  return {
    type: 'lxd',
    instance,
    project: undefined,
    mode: 'clone',
    ephemeral: true,
    profiles: [],
    environment: {},
    socket,
    client,
  };
}

/** All that palhm has made and that is there: names of clones, and of snapshots as `db/NAME`. */
export function remainsIn({ run }: Lxd): readonly string[] {
  const instances: readonly Listed[] = JSON.parse(run('query', '/1.0/instances?recursion=2'));
  const names = instances.flatMap(({ name, snapshots }) =>
    [name].concat((snapshots ?? []).map((one) => `${name}/${one.name.replace(/^.*\//, '')}`)),
  );
  return names.filter((name) => name.includes('palhm-')).toSorted();
}

interface Listed {
  readonly name: string;
  readonly snapshots: readonly { readonly name: string }[] | null;
}
