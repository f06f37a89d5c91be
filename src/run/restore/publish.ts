/** Moves the objects from the staging directory to their final names, when all are whole: all of them, or none. */
import {
  chmod,
  chown,
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  rename,
  rmdir,
  unlink,
} from 'node:fs/promises';
import { isErrno } from '../../failure/failure.js';
import { refuseMounts } from '../../host/mounts.js';
import { inside, type Step } from '../../host/open-at.js';
import { existsFailure, whyInTheWay } from './obstacles.js';
import type { Goal } from './planned-object.js';
import { REPLACED, type Staging } from './staging.js';
import { descend, type Target } from './target.js';
import { asTargetFailure } from './target-failure.js';

export interface Publication {
  readonly target: Target;
  readonly staging: Staging;
  readonly force: boolean;
}

export interface StagedGoal extends Goal {
  /** Its name in the staging directory. */
  readonly staged: string;
}

/** The steps that put everything back. They run in reverse order. */
type Undo = (() => Promise<void>)[];

/** Failure TARGET_EXISTS, TARGET_UNUSABLE, TARGET_FULL: everything was put back. */
export async function publish(
  publication: Publication,
  goals: readonly StagedGoal[],
): Promise<void> {
  const undo: Undo = [];
  const { target, staging } = publication;
  try {
    if (publication.force)
      await asTargetFailure(`write in ${target.path}`, () => mkdir(staging.place(REPLACED)));
    // A tree comes before what lies in it.
    for (const goal of goals.toSorted((a, b) => a.path.length - b.path.length)) {
      const doing = `put ${goal.path} into ${target.path}`;
      const isInTree = goals.some(
        ({ kind, path }) => kind === 'tree' && goal.path.startsWith(`${path}/`),
      );
      await asTargetFailure(doing, () => publishOne(publication, { ...goal, isInTree }, undo));
    }
    await asTargetFailure(`make ${target.path} durable`, () => target.handle.sync());
  } catch (error) {
    for (const step of undo.toReversed()) await step().catch(() => undefined);
    throw error;
  }
  await staging.acceptReplacements();
}

interface PlacedGoal extends StagedGoal {
  /** Whether it is put into the tree of another object. */
  readonly isInTree: boolean;
}

async function publishOne(publication: Publication, goal: PlacedGoal, undo: Undo): Promise<void> {
  const { target, staging, force } = publication;
  const { parent, name } = await descend(target, goal.path, (step) =>
    makeDirectory(target, step, undo),
  );
  if (parent === undefined) throw new Error('the directory was not made');
  try {
    const place = inside(parent, name);
    if (force) await setAside(publication, { goal, place }, undo);
    if (goal.isInTree) await giveOwner(staging.place(goal.staged), parent);
    await (goal.kind === 'file' ? moveFile : moveTree)(publication, { goal, place });
    undo.push(() => moveBack(publication, goal));
    await parent.sync();
  } finally {
    await parent.close();
  }
}

/** What is unpacked has its owners, and the program that works there needs this, too. Only root can give a file away. */
async function giveOwner(staged: string, parent: FileHandle): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await parent.stat();
  await chown(staged, uid, gid);
}

async function makeDirectory(
  target: Target,
  { parent, name, path }: Step,
  undo: Undo,
): Promise<void> {
  await mkdir(inside(parent, name));
  await parent.sync();
  undo.push(() => below(target, path, (place) => rmdir(place)));
}

interface Move {
  readonly goal: StagedGoal;
  readonly place: string;
}

/** link(2) never overwrites. Where there are no links, as on FAT, an empty file of palhm takes the name first. */
async function moveFile({ target, staging }: Publication, { goal, place }: Move): Promise<void> {
  const staged = staging.place(goal.staged);
  await chmod(staged, NEW_FILE & ~process.umask());
  try {
    await link(staged, place).catch((error: unknown) => {
      if (!isErrno(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) throw error;
      return moveOntoPlaceholder(staged, place);
    });
  } catch (error) {
    throw isErrno(error, 'EEXIST') ? occupiedFailure(target, goal) : error;
  }
}

async function moveOntoPlaceholder(staged: string, place: string): Promise<void> {
  const handle = await open(place, 'wx');
  try {
    await rename(staged, place);
  } catch (error) {
    await unlink(place).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
}

/** The mode that programs ask for when they make a file (open(2)), as cp does. */
const NEW_FILE = 0o666;

/** rename(2) replaces at most an empty directory: so no file can be lost between the check and the move. */
async function moveTree({ target, staging }: Publication, { goal, place }: Move): Promise<void> {
  const there = await lstat(place).catch(() => undefined);
  if (there !== undefined) throw occupiedFailure(target, goal);
  await renameTree(staging.place(goal.staged), place);
}

/**
 * A directory that moves gets another parent: a user who is not root must be able to write to it (rename(2), EACCES). To change
 * its mode may take its setgid bit away.
 */
async function renameTree(from: string, to: string): Promise<void> {
  const { mode } = await lstat(from);
  if (process.getuid?.() === 0 || (mode & OWNER_WRITE) !== 0) return await rename(from, to);
  await chmod(from, mode | OWNER_WRITE);
  await rename(from, to);
  await chmod(to, mode);
}

const OWNER_WRITE = 0o200;

function occupiedFailure(target: Target, goal: Goal) {
  return existsFailure([{ path: `${target.path}/${goal.path}`, why: 'is there already' }], false);
}

/** A file that is replaced lies in the staging directory until all objects are in their places. */
async function setAside(
  { target, staging }: Publication,
  { goal, place }: Move,
  undo: Undo,
): Promise<void> {
  const there = await lstat(place).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (there === undefined) return;
  const why = whyInTheWay(there, goal, { force: true });
  if (why !== undefined) throw existsFailure([{ path: `${target.path}/${goal.path}`, why }], true);
  await refuseMounts({ path: place, name: `${target.path}/${goal.path}`, code: 'TARGET_UNUSABLE' });
  const aside = staging.place(`${REPLACED}/${goal.staged}`);
  await rename(place, aside);
  undo.push(() => below(target, goal.path, (back) => rename(aside, back)));
}

async function moveBack({ target, staging }: Publication, goal: StagedGoal): Promise<void> {
  await below(target, goal.path, (place) =>
    goal.kind === 'file' ? unlink(place) : renameTree(place, staging.place(goal.staged)),
  );
}

/** Does something to a path below the target. */
async function below(
  target: Target,
  path: string,
  work: (place: string) => Promise<void>,
): Promise<void> {
  const { parent, name } = await descend(target, path);
  if (parent === undefined) return;
  try {
    await work(inside(parent, name));
  } finally {
    await parent.close();
  }
}
