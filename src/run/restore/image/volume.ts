/** A logical volume of LVM that is made to the size of an object. It has its name only when all of it is written. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Failure } from '../../../failure/failure.js';
import type { Lock } from '../../../host/file-lock.js';
import { type HelperEnd, runHelper } from '../../../host/helper.js';
import { takeHostLock } from '../../../host/host-lock.js';
import { HOLDER_NOTES } from '../../../wire/lock-holder.js';
import type { Operation } from '../../operation/operation.js';
import { asTargetFailure } from '../target-failure.js';
import type { ImagePlace, OpenImage } from './image.js';

type Volume = Extract<ImagePlace, { readonly type: 'volume' }>;

/** Of the volumes that palhm has made and that are not whole yet. */
const TAG = 'palhm_restore';
const { O_RDWR, O_EXCL } = constants;

/** Failure TARGET_EXISTS, TARGET_UNUSABLE, LOCKED. */
export async function openVolume(operation: Operation, place: Volume): Promise<OpenImage> {
  const lock = await lockAlone(operation, place);
  try {
    if (await isThere(place.group, place.name)) throw exists(place);
    await sweep(operation, place);
    return newVolume(operation, place, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Whoever has the lock is alone with the unfinished volume: one that is there is of a palhm that is dead. */
function lockAlone({ task = '', host, signal }: Operation, { group, name }: Volume): Promise<Lock> {
  const what = `the volume ${group}/${name}`;
  const lock = { key: ['restore-volume', group, name], what, notes: HOLDER_NOTES };
  return takeHostLock(lock, host.environment, { task, waitMs: 0, onWait: () => {}, signal });
}

function newVolume({ signal }: Operation, place: Volume, lock: Lock): OpenImage {
  const { group, name } = place;
  const unfinished = nameUnfinished(place);
  let made: string | undefined;
  let holder: FileHandle | undefined;
  return {
    description: `the new volume ${group}/${name}`,
    path: `/dev/${group}/${name}`,
    losses: [],
    isMeasured: true,
    async prepare(size = 0) {
      const options = ['--yes', '--wipesignatures', 'y', '--addtag', TAG, '--name', unfinished];
      // LVM makes none of no bytes, and none of half a sector.
      const bytes = `${Math.max(Math.ceil(size / SECTOR), 1) * SECTOR}b`;
      await lvm(['lvcreate', ...options, '--size', bytes, group], signal);
      made = unfinished;
      const device = `/dev/${group}/${unfinished}`;
      holder = await asTargetFailure(`open ${device}`, () => open(device, O_RDWR | O_EXCL));
    },
    reopen(flags) {
      if (holder === undefined) throw new Error('the volume was not made');
      return open(`/proc/self/fd/${holder.fd}`, flags);
    },
    finish: async () => await holder?.sync(),
    async publish() {
      await lvm(['lvrename', group, unfinished, name]);
      made = name;
      await lvm(['lvchange', '--deltag', TAG, `${group}/${name}`]);
    },
    async close(isKept) {
      try {
        await holder?.close();
        if (made !== undefined && !isKept) await remove(group, made);
      } finally {
        await lock.release();
      }
    },
  };
}

const SECTOR = 512;

function nameUnfinished({ name }: Volume): string {
  return `${name}.palhm`;
}

async function remove(group: string, name: string): Promise<void> {
  await lvm(['lvremove', '--yes', `${group}/${name}`]);
}

async function sweep({ emit }: Operation, place: Volume): Promise<void> {
  const { group } = place;
  const unfinished = nameUnfinished(place);
  if (!(await isThere(group, unfinished))) return;
  const { stdout } = await lvm(['lvs', '--noheadings', '-o', 'lv_tags', `${group}/${unfinished}`]);
  if (stdout.trim() !== TAG)
    throw new Failure({
      code: 'TARGET_EXISTS',
      message: `the volume ${group}/${unfinished} is there, and palhm has not made it`,
      hint: 'rename it, or name another volume',
    });
  await remove(group, unfinished);
  const what = `the unfinished volume ${group}/${unfinished}`;
  emit({ type: 'leftover-removed', what, processes: 0 });
}

/** All names of the group are asked for: so a group that is not there is a failure, not a volume that is absent. */
async function isThere(group: string, name: string): Promise<boolean> {
  const { stdout } = await lvm(['lvs', '--noheadings', '-o', 'lv_name', group]);
  return stdout.split('\n').some((line) => line.trim() === name);
}

function exists({ group, name }: Volume): Failure {
  return new Failure({
    code: 'TARGET_EXISTS',
    message: `the volume ${group}/${name} is there already`,
    details: ['Nothing was written.'],
    hint: `name another volume, or overwrite this one as a device: --onto /dev/${group}/${name} --force`,
  });
}

async function lvm(argv: readonly [string, ...string[]], signal?: AbortSignal): Promise<HelperEnd> {
  const hint = 'see vgs and lvs: whether the group is there and has room';
  return await runHelper({ argv, code: 'TARGET_UNUSABLE', hint, signal });
}
