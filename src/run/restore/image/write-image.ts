/** Writes an object to where it becomes a disk, makes it durable, and reads it back. */
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { Failure } from '../../../failure/failure.js';
import { runHelper } from '../../../host/helper.js';
import { type Consumer, NOWHERE } from '../../../host/intake.js';
import { startJob } from '../../../host/threads/job.js';
import type { Threads } from '../../../host/threads/threads.js';
import type { Digest } from '../../../sink/sink.js';
import { intakeBracket } from '../../objects/intake.js';
import type { ObjectRun } from '../../objects/objects.js';
import { within } from '../../operation/bracket.js';
import type { Operation } from '../../operation/operation.js';
import type { BringTo } from '../run-objects.js';
import { asTargetFailure, targetFailureOf } from '../target-failure.js';
import type { OpenImage } from './image.js';

const { O_RDONLY, O_WRONLY } = constants;

export interface ImageWrite {
  readonly operation: Operation;
  readonly image: OpenImage;
  /** The path of the object. */
  readonly path: string;
  readonly objectRun: ObjectRun;
}

/** Failure COPY_DAMAGED, TARGET_UNUSABLE, TARGET_FULL, and those of the pipeline. It tells whether anything was written. */
export async function writeImage(write: ImageWrite, bringTo: BringTo): Promise<void> {
  const { operation, image, path } = write;
  let size: number | undefined;
  try {
    if (image.isMeasured) {
      operation.emit({ type: 'debug', message: `reading object "${path}" for its size` });
      ({ size } = await bring(write, NOWHERE, bringTo));
    }
    await image.prepare(size);
  } catch (error) {
    throw explain(error, `Nothing was written to ${image.description}.`);
  }
  try {
    const digest = await bring(write, await consumerOf(image), bringTo);
    await asTargetFailure(`make ${image.description} durable`, () => image.finish());
    operation.emit({ type: 'debug', message: `reading ${image.description} back` });
    await confirmWritten(image, digest, write.objectRun);
  } catch (error) {
    throw explain(error, lost(image));
  }
}

function explain(error: unknown, detail: string): unknown {
  return error instanceof Failure ? error.withDetails([detail]) : error;
}

function lost({ description, losses }: OpenImage): string {
  return losses.length === 0
    ? `${description} was not made.`
    : `What was on ${description} is lost, and it does not hold the object: restore it again.`;
}

async function consumerOf(image: OpenImage): Promise<Consumer> {
  const doing = `write ${image.description}`;
  const handle = await asTargetFailure(doing, () => image.reopen(O_WRONLY));
  return {
    into: { type: 'file', handle, isReserved: false },
    asFailure: (error) => targetFailureOf(error, doing),
  };
}

/** Runs the pipeline of the object into the consumer; what came out of it. */
async function bring(
  { operation, path, objectRun }: ImageWrite,
  consumer: Consumer,
  bringTo: BringTo,
): Promise<Digest> {
  const { threads, signal } = objectRun;
  return await within(operation, intakeBracket({ path, threads, consumer }), async (intake) => {
    await bringTo({ stdout: intake });
    const { size, sha256 } = await intake.taken;
    await intake.seal(signal);
    return { size, sha256 };
  });
}

/** Reads what was written from the disk, not from the memory of the kernel. Failure TARGET_UNUSABLE when it is something else. */
export async function confirmWritten(
  image: Pick<OpenImage, 'description' | 'reopen'>,
  { size, sha256 }: Digest,
  { threads, signal }: Pick<ObjectRun, 'threads' | 'signal'>,
): Promise<void> {
  const doing = `read ${image.description} back`;
  const handle = await asTargetFailure(doing, () => image.reopen(O_RDONLY));
  let found: Digest;
  try {
    const argv = ['dd', 'if=/proc/self/fd/3', 'iflag=nocache', 'count=0', 'status=none'] as const;
    await runHelper({ argv, fd: handle.fd, code: 'TARGET_UNUSABLE', signal });
    found = await digestOf({ handle, size, doing, threads, signal });
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
  if (found.size === size && found.sha256 === sha256) return;
  throw new Failure({
    code: 'TARGET_UNUSABLE',
    message: `${image.description} does not hold what was written to it: ${size} bytes read back have the SHA-256 ${found.sha256}, not ${sha256}`,
    hint: 'somebody else writes to it, or the disk is broken: see dmesg and smartctl, and take another one',
  });
}

interface ReadBack {
  readonly handle: FileHandle;
  readonly size: number;
  readonly doing: string;
  readonly threads: Threads;
  readonly signal: AbortSignal;
}

async function digestOf({
  handle,
  size: limit,
  doing,
  threads,
  signal,
}: ReadBack): Promise<Digest> {
  const job = startJob(threads, {
    make: (id, progress) => ({ type: 'digest', id, handle, limit, progress }),
    transfer: [handle],
    asFailure: (error) => targetFailureOf(error, doing),
  });
  const stop = (): void => job.fail(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await job.taken;
  } finally {
    signal.removeEventListener('abort', stop);
    await job.close();
  }
}
