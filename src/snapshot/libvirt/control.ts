/** What palhm does with a domain while it has the lock of its directory. Programs keep that lock until they end, also without palhm. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LibvirtPlan } from '../../config/plan/snapshots/sources.js';
import { snapshotFailure } from '../snapshot-failure.js';
import { diskWithImage } from './config-xml.js';
import { type Disk, type Domain, type Layer, readDomain } from './domain.js';
import { chainOnDisk, commitImages, removeImages } from './images.js';
import type { DomainRoom } from './room.js';
import { type StoppedGuest, stoppedGuest } from './stopped.js';
import { runVirsh, virshLine } from './virsh.js';

/** What the guest has written during a long backup takes its time. */
const COMMIT_MS = 24 * 60 * 60_000;

export interface Control extends StoppedGuest {
  readonly room: DomainRoom;
  inspect(): Promise<Domain>;
  /** For people: a command of virsh about the domain. */
  readonly line: (verb: string, args: readonly string[]) => string;
  /** Also of a domain that is off. */
  chainOf(domain: Domain, disk: Disk): Promise<readonly Layer[]>;
  /** By which it is defined, with its secrets. */
  configXml(): Promise<string>;
  /** From now on the guest writes into these files, by the targets of the disks; all of them at one instant. */
  overlay(domain: Domain, paths: ReadonlyMap<string, string>): Promise<void>;
  /** Merges what is above the base into it, and removes those files. */
  commit(disk: Disk, base: Layer): Promise<void>;
  /** `commit` of a domain that is off. */
  commitOffline(disk: Disk, overlays: readonly Layer[], base: Layer): Promise<void>;
}

export function controlDomain(plan: LibvirtPlan, uuid: string, room: DomainRoom): Control {
  const { fd } = room;
  const virsh = (verb: string, args: readonly string[], timeoutMs?: number): Promise<string> =>
    runVirsh(plan, [verb, '--domain', uuid, ...args], {
      fd,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  const inspect = async (): Promise<Domain> => readDomain(await virsh('dumpxml', []));
  return {
    ...stoppedGuest(plan, uuid, virsh),
    room,
    inspect,
    line: (verb, args) => virshLine(plan.uri, [verb, plan.domain, ...args]),
    async chainOf({ isRunning }, { chain }) {
      const [top] = chain;
      return isRunning || top === undefined ? chain : await chainOnDisk(top, fd);
    },
    configXml: () => virsh('dumpxml', ['--inactive', '--security-info']),
    async overlay({ disks }, paths) {
      const specs = disks.flatMap(({ target }) => [
        '--diskspec',
        specOf(target, paths.get(target)),
      ]);
      await virsh('snapshot-create-as', ['--disk-only', '--atomic', '--no-metadata', ...specs]);
    },
    async commit({ target, job }, base) {
      const path = ['--path', target];
      // Begun by a palhm that is dead.
      if (job === 'active-commit') await virsh('blockjob', [...path, '--abort']);
      const onto = ['--base', base.id ?? base.path];
      await virsh('blockcommit', [...path, ...onto, '--pivot', '--delete'], COMMIT_MS);
    },
    async commitOffline({ target }, overlays, base) {
      const [top] = overlays;
      if (top === undefined) return;
      await commitImages(top, base, { fd, timeoutMs: COMMIT_MS });
      const file = join(room.path, 'disk.xml');
      const config = await virsh('dumpxml', ['--inactive']);
      await writeFile(file, diskWithImage(config, target, base), { mode: 0o600 });
      await virsh('update-device', ['--file', file, '--config']);
      await rm(file);
      // Started since, it writes into the overlay, which is merged once more then.
      const now = await inspect();
      const isUsed = now.disks.some((disk) => disk.chain.some(({ path }) => path === top.path));
      if (isUsed)
        throw snapshotFailure(`the domain was started while the disk "${target}" was merged`);
      await removeImages(overlays);
    },
  };
}

/** For virsh(1) a comma ends a part of it, and two of them are one of the name. */
function specOf(target: string, path: string | undefined): string {
  if (path === undefined) return `${target},snapshot=no`;
  return `${target},snapshot=external,file=${path.replaceAll(',', ',,')}`;
}
