/**
 * What is promised of snapshots, held against containers. Needs what lxd-lab.ts needs. PALHM_SOAK: how often what is repeated is done;
 * clones in a pool that is a mere directory are tried only with it.
 */
import { execFile } from 'node:child_process';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { promisify } from 'node:util';
import type { LxdPlan } from '../../src/config/plan/snapshots/sources.js';
import { describeProvider, type Planted, type SnapshotRig } from '../snapshot/contract.js';
import { type Lxd, makeLxd, planOf, remainsIn, whyNoLxd } from './lxd-lab.js';

const execute = promisify(execFile);

/** A clone takes a second to start and to stop. */
const SOAK = process.env['PALHM_SOAK'];
const ROUNDS = Number(SOAK ?? 3);

/** What the snapshots of a mere directory are made of is copied while the container is paused. */
const POOLS = { btr: [], dir: ['the storage pool dir is a mere directory'] } as const;

describe('containers', { skip: whyNoLxd() }, () => {
  let lxd: Lxd;
  before(async () => {
    lxd = await makeLxd();
  });
  after(() => lxd.remove());
  for (const pool of SOAK === undefined ? (['btr'] as const) : (['btr', 'dir'] as const))
    describeProvider(`a clone of a container in a pool ${pool}`, async () =>
      makeRig(lxd, pool, { gaps: POOLS[pool] }),
    );
  // The lab's daemon has mounted its btrfs for itself alone.
  describeProvider('a snapshot of a container in a pool dir', async () =>
    makeRig(lxd, 'dir', { gaps: POOLS.dir, mode: 'snapshot' }),
  );
});

interface Wanted extends Pick<SnapshotRig, 'gaps'> {
  readonly mode?: LxdPlan['mode'];
}

function makeRig(lxd: Lxd, pool: string, { gaps, mode = 'clone' }: Wanted): SnapshotRig {
  const [instance, other] = [`db-${pool}-${mode}`, `other-${pool}-${mode}`];
  for (const name of [instance, other]) lxd.run('launch', 'busybox', name, '-s', pool);
  const source = { ...planOf(lxd, instance), mode };
  const planted = new Set<string>();
  const inside = async (where: string, ...argv: readonly string[]): Promise<string> => {
    const env = {
      PATH: process.env['PATH'] ?? '',
      LXD_SOCKET: lxd.socket,
      INCUS_SOCKET: lxd.socket,
    };
    const args = ['exec', '--force-local', where, '--', ...argv];
    return (await execute(lxd.client, args, { env })).stdout;
  };
  const read = (name: string, path: string): Promise<string> =>
    mode === 'clone'
      ? inside(name, 'cat', `/data/${path}`)
      : readFile(join(name, 'data', path), 'utf8');
  return {
    source,
    other: { ...source, instance: other },
    nameOf: ({ run, number }) => `${mode === 'clone' ? '' : `${instance}/`}palhm-${run}-${number}`,
    gaps,
    rounds: mode === 'clone' ? ROUNDS : 5,
    async write(name, text) {
      // The daemon lets nobody in while it has paused the container; only that is waited for.
      const script = 'printf %s "$2" >/data/.new && sync /data/.new && mv /data/.new "/data/$1"';
      for (;;) {
        try {
          return void (await inside(instance, 'sh', '-c', script, 'sh', name, text));
        } catch (error) {
          if (!String(error).includes('Instance is frozen')) throw error;
        }
      }
    },
    read: ({ path, name = '' }, file) =>
      read(mode === 'clone' ? name : (path ?? ''), file).catch(() => undefined),
    remains: () => Promise.resolve(remainsIn(lxd).filter((name) => !planted.has(name))),
    plant: (nameOf) => {
      const looks = plant(lxd, { instance, other }, () => nameOf().replace(/^.*\//, ''));
      for (const name of remainsIn(lxd)) planted.add(name);
      return Promise.resolve(looks);
    },
    obstacles: {
      'no daemon': () => hide(lxd.socket),
      'a socket that is a file': async () => {
        const show = await hide(lxd.socket);
        await writeFile(lxd.socket, '');
        return async () => {
          await rm(lxd.socket);
          await show();
        };
      },
    },
    keepFromRemoving: () => hide(lxd.socket),
    // They go with their daemon.
    cleanup: () => Promise.resolve(),
  };
}

/** What has a name of ours and is not of this container, or is, and has nearly such a name. */
function plant(
  lxd: Lxd,
  { instance, other }: { readonly instance: string; readonly other: string },
  nameOf: () => string,
): Planted {
  const of = (name: string, source: string): readonly string[] => [
    `--config=user.palhm.run=${name.replace(/^palhm-|-\d+$/g, '')}`,
    `--config=user.palhm.source=${source}`,
  ];
  const instances = { plain: nameOf(), 'of another run': nameOf(), 'of another': nameOf() };
  lxd.run('init', 'busybox', instances.plain);
  lxd.run('init', 'busybox', instances['of another run'], ...of(nameOf(), instance));
  lxd.run('init', 'busybox', instances['of another'], ...of(instances['of another'], other));
  const nearly = `${nameOf()}x`;
  lxd.run('init', 'busybox', nearly, ...of(nearly, instance));
  const snapshots = [
    [instance, `${nameOf()}x`],
    [instance, 'by-hand'],
    [other, nameOf()],
  ] as const;
  for (const [name, snapshot] of snapshots) lxd.run('snapshot', name, snapshot);
  const all = [...Object.values(instances), nearly, ...snapshots.map((pair) => pair.join('/'))];
  return {
    there: () => Promise.resolve(all.filter((name) => exists(lxd, name))),
    remove: () => Promise.resolve(all.forEach((name) => lxd.run('delete', name))),
  };
}

function exists({ run }: Lxd, name: string): boolean {
  const [instance, snapshot] = name.split('/');
  const path = snapshot === undefined ? '' : `/snapshots/${snapshot}`;
  try {
    run('query', `/1.0/instances/${instance}${path}`);
    return true;
  } catch {
    return false;
  }
}

async function hide(path: string): Promise<() => Promise<void>> {
  await rename(path, `${path}.hidden`);
  return () => rename(`${path}.hidden`, path);
}
