/**
 * libvirt with small emulated guests: the lab's. Needs root; Debian packages: libvirt-daemon-system libvirt-clients qemu-system-x86
 * qemu-system-common qemu-utils iproute2 kmod lz4 busybox-static cpio e2fsprogs qemu-guest-agent.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LibvirtPlan } from '../../src/config/plan/snapshots/sources.js';
import { commandLines } from '../rig/processes.js';
import { makeLabDirectory, mustRunScript, runScript } from './lab.js';

const run = promisify(execFile);
const BOOT_SECONDS = '30';
const BOOTS = 4;

export interface Libvirt {
  /** Of the lab's own libvirtd. */
  readonly uri: string;
  /** Where the disks are. */
  readonly disks: string;
  /** The output of a virsh that must succeed. */
  readonly virsh: (...args: readonly string[]) => Promise<string>;
  /** Defines and starts a guest, and waits until it works. The disks are made where there are none: `*.qcow2`, or raw. */
  readonly start: (
    name: string,
    disks: readonly string[],
    role?: 'backup' | 'bios',
  ) => Promise<void>;
  /** Starts a guest that is off, and waits until its agent answers. */
  readonly restart: (name: string) => Promise<void>;
  /** The output of a shell script in a guest, by its agent. */
  readonly inGuest: (name: string, script: string) => Promise<string>;
  /** Nobody reaches libvirtd until the function that it returns is called. */
  hide(): Promise<() => Promise<void>>;
  remove(): Promise<void>;
}

export async function startLibvirt(): Promise<Libvirt> {
  const directory = await makeLabDirectory();
  const state = join(directory, 'lab');
  const disks = join(directory, 'disks');
  const environment = await withOwnPidFile(directory);
  await mkdir(disks);
  await mustRunScript('libvirt-up.sh', [state], environment);
  const socket = join(state, 'libvirt', 'run', 'libvirt-sock');
  const uri = `qemu+unix:///system?socket=${socket}`;
  const virsh = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run('virsh', ['--quiet', '--connect', uri, ...args]);
    return stdout.trim();
  };
  const ask = async (name: string, execute: string, more: object): Promise<AgentAnswer> => {
    const text = await virsh(
      'qemu-agent-command',
      name,
      JSON.stringify({ execute, arguments: more }),
    );
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the protocol of the agent
    return (JSON.parse(text) as { return: AgentAnswer }).return;
  };
  /** Now and then the agent of a guest on a busy host finds no port when it starts, and is not there until the next boot. */
  const boot = async (name: string, tryOnce: () => Promise<string | undefined>): Promise<void> => {
    for (let tries = 1; ; tries++) {
      const problem = await tryOnce();
      if (problem === undefined) return;
      if (tries === BOOTS) throw new Error(`${name} does not start: ${problem}`);
      await virsh('destroy', name).catch(() => undefined);
    }
  };
  return {
    uri,
    disks,
    virsh,
    async start(name, paths, role = 'backup') {
      const env = { ...environment, LAB_ROLE: role, LAB_DISK_MB: '16', LAB_TIMEOUT: BOOT_SECONDS };
      await boot(name, async () => {
        const { code, stderr } = await runScript('libvirt-guest.sh', [state, name, ...paths], env);
        return code === 0 ? undefined : stderr;
      });
    },
    async restart(name) {
      await boot(name, async () => {
        await virsh('start', name);
        const isUp = async (): Promise<boolean> =>
          await ask(name, 'guest-ping', {}).then(
            () => true,
            () => false,
          );
        const deadline = performance.now() + Number(BOOT_SECONDS) * 1000;
        while (!(await isUp()))
          if (performance.now() > deadline) return 'its agent does not answer';
        return undefined;
      });
    },
    async inGuest(name, script) {
      const what = { path: '/bin/sh', arg: ['-c', script], 'capture-output': true };
      const { pid } = await ask(name, 'guest-exec', what);
      for (;;) {
        const end = await ask(name, 'guest-exec-status', { pid });
        if (end.exited !== true) continue;
        const decode = (text = ''): string => Buffer.from(text, 'base64').toString();
        if (end.exitcode === 0) return decode(end['out-data']);
        throw new Error(`${script}: ${end.exitcode} ${decode(end['err-data'])}`);
      }
    },
    async hide() {
      await rename(socket, `${socket}.hidden`);
      return () => rename(`${socket}.hidden`, socket);
    },
    async remove() {
      await mustRunScript('libvirt-down.sh', [state, '--wipe']);
      await rm(directory, { recursive: true });
    },
  };
}

/** Every libvirtd of a host has the same one, unless it is told another; the lab's have a `/run/libvirt` of their own. */
export async function withOwnPidFile(directory: string): Promise<Readonly<Record<string, string>>> {
  const programs = join(directory, 'bin');
  await mkdir(programs);
  const { stdout } = await run('sh', ['-c', 'command -v libvirtd || true']);
  const real = stdout.trim();
  if (real === '') return {};
  const script = `#!/bin/sh\nexec ${real} --pid-file /run/libvirt/libvirtd.pid "$@"\n`;
  await writeFile(join(programs, 'libvirtd'), script, { mode: 0o755 });
  return { PATH: `${programs}:${process.env['PATH']}` };
}

interface AgentAnswer {
  readonly pid?: number;
  readonly exited?: boolean;
  readonly exitcode?: number;
  readonly 'out-data'?: string;
  readonly 'err-data'?: string;
}

const NAME = /palhm-[0-9a-f]{8}-[-0-9a-f]{27}\.\d+/;

/** All of its disks, without a mount. */
export const PLAN: LibvirtPlan = {
  type: 'libvirt',
  domain: 'guest',
  uri: undefined,
  disks: undefined,
  exclude: [],
  directory: undefined,
  mounts: [],
  quiesce: 'auto',
  offlineOk: false,
};

/** The names of all snapshots of palhm of which anything is there: overlays below a directory, what this host knows, programs, mounts, loop devices. */
export async function remainsOf(
  disks: string,
  uuids: readonly string[],
): Promise<readonly string[]> {
  const found = [...(await readdir(disks, { recursive: true }))];
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  const loops = await run('losetup', ['--list', '--noheadings', '--output', 'BACK-FILE']);
  for (const uuid of uuids) {
    const room = join('/run/palhm/libvirt', uuid);
    found.push(...(existsSync(room) ? readdirSync(room) : []));
    // Not those of another test.
    for (const text of [...commandLines(), mounts, loops.stdout])
      found.push(...text.split(`${room}/`).slice(1));
  }
  const names = found.flatMap((text) => NAME.exec(text)?.[0] ?? []);
  return [...new Set(names)].sort();
}
