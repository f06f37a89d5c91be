/**
 * Real kernel pipes. Node offers none: `spawn` joins its children with socket pairs, on which a program that opens
 * `/dev/stdout` or `/dev/stdin` fails with ENXIO (nodejs/node #21941), and whose reader's death shows as ECONNRESET
 * instead of SIGPIPE. A FIFO that has been opened and unlinked is an ordinary pipe; its two ends are opened through
 * `/proc/self/fd`, so that each is a file description of its own. FIFOs are made in batches: one `mkfifo` costs as much
 * as a stage.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure, isErrno, messageOf } from '../failure/failure.js';
import { locateProgram } from './programs.js';

/** Two descriptors, both close-on-exec; whoever receives them closes them. */
export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

const BATCH = 16;
/** Pipes that nobody has taken yet, each as one descriptor open for reading and writing. */
const spare: number[] = [];
let filling: Promise<void> | undefined;

export async function openPipe(): Promise<Pipe> {
  let both = spare.pop();
  while (both === undefined) {
    filling ??= fill().finally(() => {
      filling = undefined;
    });
    await filling;
    both = spare.pop();
  }
  try {
    return {
      readEnd: openSync(`/proc/self/fd/${both}`, constants.O_RDONLY),
      writeEnd: openSync(`/proc/self/fd/${both}`, constants.O_WRONLY),
    };
  } finally {
    closeSync(both);
  }
}

async function fill(): Promise<void> {
  const directory = await makePrivateDirectory();
  try {
    const names = Array.from({ length: BATCH }, (_, index) => join(directory, String(index)));
    await makeFifos(names);
    // Opened read-write a FIFO never blocks, and stays alive until its ends are taken.
    for (const name of names) spare.push(openSync(name, constants.O_RDWR));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A directory for the few milliseconds until the FIFOs are unlinked; any writable place will do. */
async function makePrivateDirectory(): Promise<string> {
  const problems: string[] = [];
  for (const parent of candidateDirectories()) {
    try {
      return await mkdtemp(join(parent, 'palhm-pipes-'));
    } catch (error) {
      if (!isErrno(error, 'EROFS', 'EACCES', 'ENOENT', 'ENOSPC', 'EDQUOT', 'EPERM', 'ENOTDIR'))
        throw error;
      problems.push(messageOf(error));
    }
  }
  throw new Failure({
    code: 'STAGE_NOT_STARTED',
    message: 'no directory to make a pipe in: none of the usual ones can be written',
    details: problems,
    hint: 'give the service a private /tmp (PrivateTmp=true) or a RuntimeDirectory=',
  });
}

function candidateDirectories(): string[] {
  const { RUNTIME_DIRECTORY, XDG_RUNTIME_DIR } = process.env;
  const given = [RUNTIME_DIRECTORY?.split(':')[0], XDG_RUNTIME_DIR].filter(
    (path) => path !== undefined,
  );
  return [...given, tmpdir(), '/dev/shm', '/run', '/tmp', '/var/tmp'];
}

async function makeFifos(names: readonly string[]): Promise<void> {
  const child = spawn(locateProgram('mkfifo'), ['-m', '600', ...names], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`mkfifo ended with ${String(code)}`);
}
