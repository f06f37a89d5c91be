/** Objects that palhm itself has to carry from the store to the first stage: through memory, hashed on the way. */
import { createHash } from 'node:crypto';
import { Failure } from '../failure/failure.js';
import { openPipeWriter } from '../host/pipe-writer.js';
import type { Digest, DigestWatch, ObjectReader } from './sink.js';

/**
 * The bytes of an object in order, each piece as it is until the next is asked for. Ends with an error that is a Failure;
 * stops when `signal` is aborted.
 */
export type ByteSource = (signal: AbortSignal) => AsyncIterable<Uint8Array>;

/** A SHA-256 that may be made elsewhere. */
export interface StreamHash {
  /** Resolves when the bytes may change. */
  add(bytes: Uint8Array): Promise<void>;
  /** Lower-case hex. */
  digest(): Promise<string>;
}

export async function pumpIntoPipe(
  source: ByteSource,
  hash: StreamHash = hashHere(),
): Promise<ObjectReader> {
  const writer = await openPipeWriter();
  const stop = new AbortController();
  let size = 0;
  let failure: Failure | undefined;
  const pumped = pump().catch((error: unknown) => {
    if (error instanceof Failure) failure = error;
    // The first stage sees an early end of its input: its work is thrown away with the restore that fails.
    writer.close();
    throw error;
  });
  pumped.catch(() => undefined);
  return {
    fd: writer.fd,
    handOver: () => writer.handOver(),
    bytes: () => size,
    async finish() {
      await pumped;
      return { size, sha256: await hash.digest() };
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
      await Promise.all([hash.add(bytes), writer.write(bytes)]);
    }
    await writer.end();
  }
}

export async function digestSource(
  source: ByteSource,
  watch: DigestWatch,
  hash: StreamHash = hashHere(),
): Promise<Digest> {
  watch.signal.throwIfAborted();
  let size = 0;
  for await (const bytes of source(watch.signal)) {
    watch.signal.throwIfAborted();
    await hash.add(bytes);
    size += bytes.length;
    watch.onBytes?.(size);
  }
  return { size, sha256: await hash.digest() };
}

function hashHere(): StreamHash {
  const hash = createHash('sha256');
  return {
    add(bytes) {
      hash.update(bytes);
      return Promise.resolve();
    },
    digest: () => Promise.resolve(hash.digest('hex')),
  };
}
