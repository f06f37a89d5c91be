/** Carries an object from the store to the first stage, or to its digest alone, through the memory of palhm. */
import { createHash } from 'node:crypto';
import { Failure } from '../failure/failure.js';
import { openPipeWriter } from '../host/pipe-writer.js';
import type { Digest, DigestWatch, ObjectReader } from './sink.js';

/**
 * The bytes of an object in order. Each piece keeps its bytes until the next one is asked for. Errors are Failures. The
 * source stops when `signal` is aborted.
 */
export type ByteSource = (signal: AbortSignal) => AsyncIterable<Uint8Array>;

/** Starts to write the bytes into a pipe, whose reading end is the reader's `fd`. `most`: as of `StoredCopy.read`. */
export async function pumpIntoPipe(source: ByteSource, most = Infinity): Promise<ObjectReader> {
  const hash = createHash('sha256');
  const writer = await openPipeWriter();
  const stop = new AbortController();
  let size = 0;
  let failure: Failure | undefined;
  const pumped = pump().catch((error: unknown) => {
    if (error instanceof Failure) failure = error;
    // The first stage sees an early end of its input. Its output is discarded, because the restore fails.
    writer.close();
    throw error;
  });
  pumped.catch(() => undefined);
  return {
    fd: writer.fd,
    handOver: () => writer.handOver(),
    bytes: () => size,
    async finish() {
      writer.waitNoLonger();
      await pumped;
      return { size, sha256: hash.digest('hex') };
    },
    async abort() {
      stop.abort();
      writer.close();
      await pumped.catch(() => undefined);
    },
    explain: () => failure,
  };

  async function pump(): Promise<void> {
    for await (const bytes of source(stop.signal)) {
      size += bytes.length;
      if (size > most) throw tooManyBytes(most);
      hash.update(bytes);
      await writer.write(bytes);
    }
    await writer.end();
  }
}

function tooManyBytes(most: number): Failure {
  return new Failure({
    code: 'COPY_DAMAGED',
    message: `more bytes are stored than the ${most} that the manifest says`,
    hint: 'restore it from another copy',
  });
}

export async function digestSource(source: ByteSource, watch: DigestWatch): Promise<Digest> {
  const hash = createHash('sha256');
  watch.signal.throwIfAborted();
  let size = 0;
  for await (const bytes of source(watch.signal)) {
    watch.signal.throwIfAborted();
    hash.update(bytes);
    size += bytes.length;
    watch.onBytes?.(size);
  }
  return { size, sha256: hash.digest('hex') };
}
