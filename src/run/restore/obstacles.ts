/** Finds what is in the way of a restore, before anything runs. */
import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { Failure, isErrno } from '../../failure/failure.js';
import { refuseMounts } from '../../host/mounts.js';
import { inside } from '../../host/open-at.js';
import type { Goal } from './planned-object.js';
import { descend, type Target } from './target.js';
import { asTargetFailure } from './target-failure.js';

const MOST_NAMES = 20;

/** Failure TARGET_EXISTS, which names the obstacles; TARGET_UNUSABLE, also when something is mounted in what is replaced. */
export async function checkObstacles(
  target: Target,
  goals: readonly Goal[],
  options: { readonly force: boolean },
): Promise<void> {
  const existing: Obstacle[] = [];
  const replaced: string[] = [];
  for (const goal of goals) {
    const path = `${target.path}/${goal.path}`;
    const stats = await asTargetFailure(`look at ${path}`, () => look(target, goal.path));
    const why = stats === undefined ? undefined : whyInTheWay(stats, goal, options);
    if (why !== undefined) existing.push({ path, why });
    else if (stats !== undefined) replaced.push(path);
  }
  if (existing.length > 0) throw existsFailure(existing, options.force);
  for (const path of replaced) await refuseMounts({ path, name: path, code: 'TARGET_UNUSABLE' });
}

export interface Obstacle {
  readonly path: string;
  readonly why: string;
}

/** Returns why an object cannot take the place of what is there; undefined when it may. */
export function whyInTheWay(
  stats: Stats,
  { kind }: Goal,
  { force }: { readonly force: boolean },
): string | undefined {
  if (!force) return 'is there already';
  if (kind === 'file')
    return stats.isDirectory()
      ? 'is a directory: no file takes the place of a directory'
      : undefined;
  return stats.isDirectory() ? undefined : 'is no directory: no tree takes the place of a file';
}

export function existsFailure([first, ...others]: readonly Obstacle[], forced: boolean): Failure {
  const names = others.slice(0, MOST_NAMES).map(({ path, why }) => `${path} ${why}`);
  const more = others.length - names.length;
  return new Failure({
    code: 'TARGET_EXISTS',
    message: first === undefined ? 'the target is there' : `${first.path} ${first.why}`,
    details: [...names, ...(more > 0 ? [`and ${more} more`] : [])],
    hint: forced
      ? 'restore to another directory, or move it away'
      : 'restore to another directory, or replace what is there with --force',
  });
}

async function look(target: Target, path: string): Promise<Stats | undefined> {
  const { parent, name } = await descend(target, path);
  if (parent === undefined) return undefined;
  try {
    return await lstat(inside(parent, name));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  } finally {
    await parent.close();
  }
}
