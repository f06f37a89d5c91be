/**
 * Removes what palhm has made: the clone and the snapshot that it is a copy of. What a palhm that was killed had begun goes on in the
 * daemon: it is waited for.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { LxdPlan } from '../../config/plan/snapshots/sources.js';
import { takeFlock } from '../../host/flock.js';
import { hashKey } from '../../host/host-lock.js';
import { openRuntimeFile } from '../../host/runtime-files.js';
import { type Api, type Instance, isAbsent, Refusal, type Task } from './api.js';
import { RUN_KEY, SOURCE_KEY } from './clone.js';
import { sweep, takeOver } from './life.js';

const OURS = /^palhm-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-\d+$/;

/** How long something may be busy that is to be removed. */
const PATIENCE_MS = 60_000;
const AGAIN_MS = 200;
/**
 * What the daemon says while something else is done with an instance, such as its start by a palhm that was killed; and where it runs
 * into itself, since two snapshots of one instance are made or removed at once (LXD 5.0).
 */
const BUSY =
  /\bbusy\b|\brunning\b|\bin progress\b|record count|already frozen|no such file or directory/i;

/** Removes what dead palhms have left of this container, and their clones of one that is gone or renamed; returns what there was. */
export async function removeDead(api: Api, { instance }: LxdPlan): Promise<readonly string[]> {
  await settleDead(api, instance);
  const removed: string[] = [];
  for (const { name, source } of await listOurs(api, instance)) {
    const life = await takeOver(name);
    if (life === undefined) continue;
    try {
      removed.push(...(await removeAll(api, source, name)));
    } finally {
      await life.end();
    }
  }
  await sweep((name) => OURS.test(name));
  return removed;
}

/** Returns what there was: the clone by its name, the snapshot as `db/NAME`. */
export async function removeAll(
  api: Api,
  instance: string,
  name: string,
): Promise<readonly string[]> {
  await settle(api, ({ description, resources }) => {
    const of = namesIn(resources);
    return of.some((one) => one.endsWith(name)) || isSnapshot(description, of, instance);
  });
  const clone = await patiently(() => removeClone(api, instance, name));
  const path = `/1.0/instances/${instance}/snapshots/${name}`;
  const snapshot = await inTurn(instance, () => remove(api, path));
  return [...(clone ? [name] : []), ...(snapshot ? [`${instance}/${name}`] : [])];
}

async function removeClone(api: Api, instance: string, name: string): Promise<boolean> {
  const path = `/1.0/instances/${name}`;
  const found = await unlessAbsent(() => api.get<Instance>(path));
  if (found === undefined || sourceOf(found) !== instance) return false;
  if (found.status !== 'Stopped') {
    const body = { action: 'stop', force: true, timeout: -1 };
    await unlessAbsent(() => api.work({ method: 'PUT', path: `${path}/state`, body }));
  }
  await remove(api, path);
  return true;
}

async function remove(api: Api, path: string): Promise<boolean> {
  const work = async (): Promise<true> => {
    await api.work({ method: 'DELETE', path });
    return true;
  };
  return (await unlessAbsent(work)) ?? false;
}

async function unlessAbsent<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/**
 * One palhm of this host after the other, and again while the daemon is busy: for what makes or removes a snapshot of this instance.
 * LXD 5.0 runs into itself where two do so at once.
 */
export async function inTurn<T>(
  instance: string,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const { handle } = await openRuntimeFile(`lxd-${hashKey([instance])}.lock`, {});
  try {
    // Whether it was taken or not: who holds it for so long may hang.
    await takeFlock({ fd: handle.fd, waitMs: PATIENCE_MS, signal });
    return await patiently(work, signal);
  } finally {
    await handle.close();
  }
}

/** Tries again while the daemon is busy with the same instance: it does not always wait by itself. */
export async function patiently<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const isBusy = error instanceof Refusal && BUSY.test(error.message);
      if (!isBusy || performance.now() > deadline) throw error;
      await delay(AGAIN_MS, undefined, { signal });
    }
  }
}

/** The container that a clone is of. Undefined for what is none of ours: the name alone could be anybody's. */
function sourceOf({ name, config }: Instance): string | undefined {
  const run = OURS.exec(name)?.[1];
  return run !== undefined && config[RUN_KEY] === run ? config[SOURCE_KEY] : undefined;
}

interface Ours {
  readonly name: string;
  readonly source: string;
}

async function listOurs(api: Api, instance: string): Promise<readonly Ours[]> {
  const all = await api.get<readonly Instance[]>('/1.0/instances?recursion=1');
  const snapshots = await api.get<readonly Pick<Instance, 'name'>[]>(
    `/1.0/instances/${instance}/snapshots?recursion=1`,
  );
  const known = new Set(all.map(({ name }) => name));
  const clones = all.flatMap((one) => {
    const source = sourceOf(one);
    const isMeant = source === instance || (source !== undefined && !known.has(source));
    return isMeant ? [{ name: one.name, source }] : [];
  });
  const cloned = new Set(clones.map(({ name }) => name));
  const others = snapshots.filter(({ name }) => OURS.test(name) && !cloned.has(name));
  return [...clones, ...others.map(({ name }) => ({ name, source: instance }))];
}

/** What is being made for a palhm that is dead may not be listed yet. */
async function settleDead(api: Api, instance: string): Promise<void> {
  const dead = async (name: string): Promise<boolean> => {
    const life = await takeOver(name);
    await life?.end();
    return life !== undefined;
  };
  for (const task of await tasksOf(api)) {
    const names = namesIn(task.resources);
    const ours = names.find((name) => OURS.test(name) && names.includes(`${instance}/${name}`));
    if (isSnapshot(task.description, names, instance)) await api.settle(task);
    else if (ours !== undefined && (await dead(ours))) await api.settle(task);
  }
}

async function settle(api: Api, isMeant: (task: Task) => boolean): Promise<void> {
  for (const task of await tasksOf(api)) if (isMeant(task)) await api.settle(task);
}

/** Those that run. */
async function tasksOf(api: Api): Promise<readonly Task[]> {
  const { running = [] } = await api.get<{ readonly running?: readonly Task[] }>(
    '/1.0/operations?recursion=1',
  );
  return running.filter((task) => task.class === 'task');
}

/** A task that takes a snapshot names the container alone. */
function isSnapshot(description: string, names: readonly string[], instance: string): boolean {
  return description === 'Snapshotting instance' && names.includes(instance);
}

/** `db` of `/1.0/instances/db?project=p`, `db/NAME` of a snapshot. */
function namesIn(resources: Task['resources']): readonly string[] {
  return (resources?.['instances'] ?? []).map((path) =>
    path.replace(/^\/1\.0\/instances\//, '').replace(/\?.*$/, ''),
  );
}
