/** Objects that palhm itself has to carry from the store to the first stage: through memory, hashed on the way. */
import { createHash } from 'node:crypto';
import { Failure } from '../../failure/failure.js';
import type { Digest, DigestWatch, ObjectReader } from '../sink.js';
import { openPipeWriter } from './pipe-writer.js';

/** The bytes of an object in order. Ends with an error that is a Failure; stops when `signal` is aborted. */
export type ByteSource = (signal: AbortSignal) => AsyncIterable<Uint8Array>;

export async function pumpIntoPipe(source: ByteSource): Promise<ObjectReader> {
  const writer = await openPipeWriter();
  const stop = new AbortController();
  const digester = createDigester();
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
    bytes: () => digester.bytes(),
    async finish() {
      await pumped;
      return digester.digest();
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
      digester.add(bytes);
      await writer.write(bytes);
    }
    await writer.end();
  }
}

export async function digestSource(source: ByteSource, watch: DigestWatch): Promise<Digest> {
  watch.signal.throwIfAborted();
  const digester = createDigester();
  for await (const bytes of source(watch.signal)) {
    watch.signal.throwIfAborted();
    digester.add(bytes);
    watch.onBytes?.(digester.bytes());
  }
  return digester.digest();
}

function createDigester() {
  const hash = createHash('sha256');
  let size = 0;
  return {
    add(bytes: Uint8Array): void {
      hash.update(bytes);
      size += bytes.length;
    },
    bytes: (): number => size,
    digest: (): Digest => ({ size, sha256: hash.digest('hex') }),
  };
}
