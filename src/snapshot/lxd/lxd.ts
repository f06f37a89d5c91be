/**
 * Snapshots of a container of LXD or Incus. A snapshot is one instant: of it a clone is made, which is started, so that programs run
 * in it with the files of that instant while the container goes on. Or the snapshot is read where the daemon keeps it.
 */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LxdPlan } from '../../config/plan/snapshots/sources.js';
import { Failure, messageOf } from '../../failure/failure.js';
import type { Provider, Snapshot, SnapshotName } from '../provider.js';
import { snapshotLost } from '../snapshot-failure.js';
import { type Api, type Instance, openApi, Refusal } from './api.js';
import { describeClone, gapsOf, type Profile, rootPool } from './clone.js';
import { clientOf, entranceOf, socketOf } from './entrance.js';
import { begin, type Life } from './life.js';
import { inTurn, patiently, removeAll, removeDead } from './removal.js';
import { asSnapshotFailure, whyRefused } from './trouble.js';

export function openLxd(plan: LxdPlan): Promise<Provider> {
  const description = `the container ${plan.instance}${plan.project === undefined ? '' : ` of project ${plan.project}`}`;
  return Promise.resolve({
    description,
    async tidy(signal) {
      signal.throwIfAborted();
      const names = await asSnapshotFailure(plan, `look for what is left of ${description}`, () =>
        withApi(plan, (api) => removeDead(api, plan)),
      );
      return names.map((name) => ({ what: `${name}, which is of ${description}` }));
    },
    take: (name, signal) =>
      asSnapshotFailure(plan, `take a snapshot of ${description}`, () => take(plan, name, signal)),
  });
}

async function withApi<T>(plan: LxdPlan, work: (api: Api) => Promise<T>): Promise<T> {
  const api = await openApi(socketOf(plan), plan.project);
  try {
    return await work(api);
  } finally {
    await api.close();
  }
}

/** One that is there. */
interface Taken {
  readonly plan: LxdPlan;
  readonly name: string;
  readonly run: string;
  readonly source: Instance;
  readonly life: Life;
}

async function take(
  plan: LxdPlan,
  { run, number }: SnapshotName,
  signal: AbortSignal,
): Promise<Snapshot> {
  signal.throwIfAborted();
  const name = `palhm-${run}-${number}`;
  const { instance } = plan;
  const life = await begin(name);
  return await withApi(plan, async (api) => {
    try {
      const source = await api.get<Instance>(`/1.0/instances/${instance}`, signal);
      const gaps = [...gapsOf(source), ...(await findStill(api, source))];
      const path = `/1.0/instances/${instance}/snapshots`;
      const body = { name, stateful: false };
      await inTurn(instance, () => api.work({ method: 'POST', path, body }, signal), signal);
      return await describeTaken({ plan, name, run, source, life }, gaps);
    } catch (error) {
      // What this cannot remove the next run removes.
      await removeAll(api, instance, name).catch(() => []);
      await life.end();
      throw error;
    }
  });
}

async function describeTaken(taken: Taken, gaps: readonly string[]): Promise<Snapshot> {
  const { plan, name } = taken;
  const release = releaseOf(taken);
  if (plan.mode === 'snapshot') {
    const path = rootOfSnapshot(taken);
    if (!(await isDirectory(path))) throw unseen(path);
    const confirm = async (): Promise<void> => {
      if (!(await isDirectory(path))) throw snapshotLost(`the snapshot ${path} was removed`);
    };
    return { facts: { name: `${plan.instance}/${name}`, path }, gaps, confirm, release };
  }
  return {
    facts: { name },
    gaps,
    entrance: entranceOf(plan, name, `the clone ${name} of the container ${plan.instance}`),
    prepare: (signal) =>
      asSnapshotFailure(plan, `start a clone of the container ${plan.instance}`, () =>
        withApi(plan, (api) => startClone(api, taken, signal)),
      ),
    release,
  };
}

async function startClone(
  api: Api,
  { plan, name, run, source }: Taken,
  signal: AbortSignal,
): Promise<void> {
  const adds = plan.profiles.filter(({ action }) => action === 'add');
  const added = await Promise.all(
    adds.map((one) => api.get<Profile>(`/1.0/profiles/${encodeURIComponent(one.name)}`, signal)),
  );
  const body = describeClone(plan, { name, run, source, added });
  await patiently(() => api.work({ method: 'POST', path: '/1.0/instances', body }, signal), signal);
  const snapshot = `/1.0/instances/${plan.instance}/snapshots/${name}`;
  const remove = () => api.work({ method: 'DELETE', path: snapshot }, signal);
  await inTurn(plan.instance, remove, signal);
  const path = `/1.0/instances/${name}`;
  const start = { action: 'start', timeout: -1 };
  await api.work({ method: 'PUT', path: `${path}/state`, body: start }, signal);
  await tryExec(api, path, signal);
}

/** Whether it has the program does not matter. */
async function tryExec(api: Api, path: string, signal: AbortSignal): Promise<void> {
  const body = { command: ['true'], interactive: false, 'wait-for-websocket': false };
  try {
    await api.work({ method: 'POST', path: `${path}/exec`, body }, signal);
  } catch (error) {
    if (!(error instanceof Refusal && error.message.startsWith('Command not '))) throw error;
  }
}

/** A pool of this kind has no snapshots of its own. */
async function findStill(api: Api, source: Instance): Promise<readonly string[]> {
  const pool = rootPool(source) ?? 'default';
  const { driver } = await api.get<{ readonly driver: string }>(
    `/1.0/storage-pools/${encodeURIComponent(pool)}`,
  );
  if (driver !== 'dir') return [];
  return [
    `the storage pool ${pool} is a mere directory: all files are copied for a snapshot, and the container is paused meanwhile`,
  ];
}

/** Where the daemon keeps its files. */
function rootOfSnapshot({ plan, name, source }: Taken): string {
  const { instance, project } = plan;
  const owner =
    project === undefined || project === 'default' ? instance : `${project}_${instance}`;
  const pool = join(dirname(socketOf(plan)), 'storage-pools', rootPool(source) ?? 'default');
  return join(pool, 'containers-snapshots', owner, name, 'rootfs');
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function unseen(path: string): Failure {
  return new Failure({
    code: 'SNAPSHOT_FAILED',
    message: `the files of the snapshot are not seen on this host: there is no directory ${path}`,
    hint: 'take "mode": "clone": its programs run in a copy of the container, wherever its files are',
  });
}

function releaseOf({ plan, name, life }: Taken): Snapshot['release'] {
  let isGone = false;
  return async () => {
    if (isGone) return;
    try {
      await withApi(plan, (api) => removeAll(api, plan.instance, name));
      isGone = true;
    } catch (error) {
      throw left(plan, name, error);
    } finally {
      // What is left is like that of a dead palhm then.
      await life.end();
    }
  };
}

function left(plan: LxdPlan, name: string, error: unknown): Failure {
  const client = [clientOf(plan), ...(plan.project ? ['--project', plan.project] : [])].join(' ');
  const byHand = `${client} delete --force ${name}; ${client} delete ${plan.instance}/${name}`;
  return new Failure({
    code: 'SNAPSHOT_LEFT',
    message: `the clone ${name} or the snapshot ${plan.instance}/${name} could not be removed: ${whyRefused(plan, error) ?? messageOf(error)}`,
    hint: `the next run tries again; by hand: ${byHand}`,
    cause: error,
  });
}
