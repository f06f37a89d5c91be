/**
 * The hashes of one object while it is sent: the SHA-256 of the whole for the manifest, and for each part the hashes that the
 * store compares it with. They are computed here, because the SDK would hash every part a second time, in one long step.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Which hashes are sent with a part. */
export interface Proofs {
  /** The SHA-256 that is signed with the request. Not needed with TLS, where the payload is not signed. */
  readonly sha256: boolean;
  readonly crc32: boolean;
}

/** A part with the requested hashes. The SDK computes those that are missing, when it needs them. */
export interface SealedPart {
  readonly bytes: Buffer;
  /** Lower-case hex. */
  readonly sha256?: string;
  /** Base64, big-endian, as in `x-amz-checksum-crc32`. */
  readonly crc32?: string;
}

export interface ObjectHash {
  /** To be called with the next bytes of the part that is being filled. */
  arrived(bytes: Uint8Array): void;
  /** To be called with all bytes of a complete part. They must not change until the promise resolves. */
  seal(part: Buffer): Promise<SealedPart>;
  /** The SHA-256 of all sealed parts, lower-case hex. */
  digest(): Promise<string>;
}

/** Hashes on this thread, in small steps while the bytes are still in the cache of the processor. */
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

/** Computes the hashes of one part. */
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
