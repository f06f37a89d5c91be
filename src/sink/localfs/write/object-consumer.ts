/** One object of a copy: a file that the intake writes. */
import type { FileHandle } from 'node:fs/promises';
import { makeFile } from '../../../host/durable-files.js';
import { asSinkFailure, sinkFailureOf } from '../../../host/sink-failure.js';
import type { ObjectConsumer } from '../../sink.js';
import { reserveSpace } from './reserve.js';

interface NewFile {
  readonly root: string;
  /** The path of the new file. Its directory exists. */
  readonly file: string;
  /** The path of the object in the copy. */
  readonly path: string;
  readonly mode: number;
  readonly allocSize: number | undefined;
  readonly signal: AbortSignal | undefined;
}

export async function createConsumer(object: NewFile): Promise<ObjectConsumer> {
  const { root, file, path, mode } = object;
  const handle = await asSinkFailure(`make the object "${path}" in ${root}`, () =>
    makeFile(file, mode),
  );
  const isReserved = await reserve(object, handle);
  return {
    into: { type: 'file', handle, isReserved },
    asFailure: (error) => sinkFailureOf(error, `write the object "${path}" in ${root}`),
    finish: async (digest) => digest,
    // The intake, if it has begun, has the file already.
    abort: () => handle.close(),
  };
}

/** Closes the handle when that fails. */
async function reserve(
  { path, root, allocSize = 0, signal }: NewFile,
  handle: FileHandle,
): Promise<boolean> {
  if (allocSize === 0) return false;
  try {
    await reserveSpace({ handle, bytes: allocSize, object: path, root, signal });
    return true;
  } catch (error) {
    await handle.close();
    throw error;
  }
}
