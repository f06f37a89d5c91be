/** Tries what a backup does, in the root or where the root would be made. One hidden file is written and removed. */
import { randomUUID } from 'node:crypto';
import { readFile, realpath, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LocalfsPlan } from '../../config/plan/sinks/localfs.js';
import { Failure } from '../../failure/failure.js';
import { makeFile, syncDirectory } from '../../host/durable-files.js';
import { confirmLockFile, takeFileLock } from '../../host/file-lock.js';
import { findMount } from '../../host/mounts.js';
import { asSinkFailure, HINT_FULL } from '../../host/sink-failure.js';
import { freeSpace, isFull } from '../../host/space.js';
import { formatSize } from '../../units/bytes.js';
import { HOLDER_NOTES } from '../../wire/lock-holder.js';
import {
  carryOut,
  type Finding,
  note,
  type Outcome,
  ok,
  type Probe,
  type Trial,
} from '../probe.js';
import { LOCK_NAME, PROBE_START } from './names.js';
import { rootExists } from './root.js';

interface ProbeState {
  readonly plan: LocalfsPlan;
  readonly task: string;
  readonly signal: AbortSignal;
  /** The root. While it is missing: the nearest directory above it. Empty: none can be reached. */
  directory: string;
  /** The file of the probe. Empty while there is none. */
  path: string;
}

export const probeLocalfs: Probe<LocalfsPlan> = async (plan, { task, signal }) => {
  const state: ProbeState = { plan, task, signal, directory: plan.root, path: '' };
  const findings: Finding[] = [];
  try {
    for (const trial of trialsOf(state)) {
      const finding = await carryOut(trial, signal);
      if (finding === undefined) break;
      findings.push(finding);
      // Without a directory nothing else can be tried.
      if (state.directory === '') break;
    }
  } finally {
    if (state.path !== '') await unlink(state.path).catch(() => undefined);
  }
  return findings;
};

function* trialsOf(state: ProbeState): Generator<Trial> {
  yield { name: 'reach the root', work: () => findDirectory(state) };
  yield { name: 'file system', work: () => nameFileSystem(state) };
  yield { name: 'free space', work: () => measure(state) };
  yield { name: 'write a file', work: () => write(state) };
  if (state.path === '') return;
  yield { name: 'permissions', work: () => comparePermissions(state) };
  yield { name: 'lock out other runs', work: () => lock(state) };
  yield { name: 'rename and remove', work: () => remove(state) };
}

async function findDirectory(state: ProbeState): Promise<Outcome> {
  const { root } = state.plan;
  state.directory = '';
  let directory = root;
  while (!(await rootExists(directory))) directory = dirname(directory);
  state.directory = directory;
  return ok(directory === root ? root : `${root} is to be made below ${directory}`);
}

async function nameFileSystem({ directory }: ProbeState): Promise<Outcome> {
  const real = await asSinkFailure(`reach ${directory}`, () => realpath(directory));
  const mount = await asSinkFailure('read the mounts of this host', () => findMount(real));
  if (mount === undefined) return ok('not known');
  const { type, source, mountPoint } = mount;
  const fact = `${type} of ${source}, mounted at ${mountPoint}`;
  if (type === 'tmpfs' || type === 'ramfs') {
    return note(`${fact}: it is memory`, 'expect the copies to be lost when the host is restarted');
  }
  if (mountPoint !== '/') return ok(fact);
  return note(
    `${fact}: the file system of the host itself`,
    'see whether something should be mounted there; a copy on the same disk dies with it',
  );
}

async function measure({ directory }: ProbeState): Promise<Outcome> {
  const space = await asSinkFailure(`measure ${directory}`, () => freeSpace(directory));
  const files = space.inodes === undefined ? '' : ` and ${space.inodes} files`;
  if (space.bytes === Number.POSITIVE_INFINITY)
    return ok('the file system does not tell its free space');
  const fact = `${formatSize(space.bytes)}${files} can still be written`;
  if (!isFull(space)) return ok(fact);
  throw new Failure({
    code: 'SINK_FULL',
    message: `there is no space in ${directory}: ${fact}`,
    hint: HINT_FULL,
  });
}

const TEXT = 'palhm wrote this to see whether it may. It can be removed.\n';

async function write(state: ProbeState): Promise<Outcome> {
  const { directory, plan } = state;
  const path = join(directory, PROBE_START + randomUUID());
  await asSinkFailure(`write ${path}`, async () => {
    const handle = await makeFile(path, plan.fileMode);
    state.path = path;
    try {
      await handle.writeFile(TEXT);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncDirectory(directory);
  });
  return ok(path);
}

/** A file system that is mounted from another host may have its own rules for permissions. */
async function comparePermissions({ path, plan }: ProbeState): Promise<Outcome> {
  const { mode } = await asSinkFailure(`look at ${path}`, () => stat(path));
  const [is, wanted] = [mode & 0o7777, plan.fileMode].map((bits) => bits.toString(8));
  if (is === wanted) return ok(`files get ${wanted}`);
  return note(
    `files get ${is}, not ${wanted}: the file system does not keep permissions`,
    'see to it that its mount options let nobody read the copies who should not',
  );
}

/** Locks the file of the probe, because a run may hold the lock of the root itself; that is only looked at. */
async function lock({ path, directory, plan, task, signal }: ProbeState): Promise<Outcome> {
  await confirmLockFile(join(directory, LOCK_NAME));
  const request = { task, waitMs: 0, onWait: () => undefined, signal };
  const taken = await takeFileLock(
    { path, mode: plan.fileMode, what: `the root ${plan.root}`, notes: HOLDER_NOTES },
    request,
  );
  await taken.release();
  return ok('flock(2) works');
}

async function remove(state: ProbeState): Promise<Outcome> {
  const { path } = state;
  const renamed = `${path}-2`;
  await asSinkFailure(`rename and remove ${path}`, async () => {
    await rename(path, renamed);
    state.path = renamed;
    await readFile(renamed);
    await unlink(renamed);
  });
  state.path = '';
  return ok('nothing of it is left');
}
