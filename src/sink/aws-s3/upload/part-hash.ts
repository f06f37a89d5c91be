/**
 * The hashes of one object on its way: the SHA-256 of the whole for the manifest, and of each part what the store is to
 * compare it with. Made here they are made once; the SDK would hash every part again, all of it in one go.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Which proofs go with a part. */
export interface Proofs {
  /** The SHA-256 that is signed with the request. Not asked for where TLS guards the way: the payload is then unsigned. */
  readonly sha256: boolean;
  readonly crc32: boolean;
}

/** A part with the proofs that were asked for; what is missing the SDK makes, where it sees fit. */
export interface SealedPart {
  readonly bytes: Buffer;
  /** Lower-case hex. */
  readonly sha256?: string;
  /** Base64, big-endian, as in `x-amz-checksum-crc32`. */
  readonly crc32?: string;
}

export interface ObjectHash {
  /** These came next, into the part that is being filled. */
  arrived(bytes: Uint8Array): void;
  /** The part is full, or the object has ended: these are all of its bytes. They must stay as they are until it is sealed. */
  seal(part: Buffer): Promise<SealedPart>;
  /** Of all that was sealed. */
  digest(): Promise<string>;
}

/** Hashes on this thread, in small steps while the bytes are still in the processor's cache. */
export function createHashHere(proofs: Proofs): ObjectHash {
  const whole = createHash('sha256');
  let part = startPart(proofs);
  return {
    arrived(bytes) {
      whole.update(bytes);
      part.add(bytes);
    },
    seal(bytes) {
      const sealed = { bytes, ...part.end() };
      part = startPart(proofs);
      return Promise.resolve(sealed);
    },
    digest: () => Promise.resolve(whole.digest('hex')),
  };
}

/** The proofs of one part. */
export function startPart(proofs: Proofs) {
  const hash = proofs.sha256 ? createHash('sha256') : undefined;
  let sum = 0;
  return {
    add(bytes: Uint8Array): void {
      hash?.update(bytes);
      if (proofs.crc32) sum = crc32(bytes, sum);
    },
    end(): Omit<SealedPart, 'bytes'> {
      return {
        ...(hash === undefined ? {} : { sha256: hash.digest('hex') }),
        ...(proofs.crc32 ? { crc32: toBase64(sum) } : {}),
      };
    },
  };
}

function toBase64(sum: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(sum);
  return bytes.toString('base64');
}
