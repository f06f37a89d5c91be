/** The hash of the payload in a request. palhm sets it, so that the SDK need not compute it. */
import type { S3Plan } from '../../../config/plan/sinks/aws-s3.js';
import type { Proofs, SealedPart } from './part-hash.js';

/**
 * Without TLS, the SHA-256 of the payload is signed, so that the store notices when bytes were changed on the way. TLS does that
 * by itself; other clients rely on it too.
 */
export function proofsFor({ checksum, endpoint }: Pick<S3Plan, 'checksum' | 'endpoint'>): Proofs {
  const isPlain = endpoint !== undefined && new URL(endpoint).protocol === 'http:';
  return { sha256: isPlain, crc32: checksum !== 'when-required' };
}

/** The field of the request that keeps the SDK from computing its own checksum. */
export function checksumOf({ crc32 }: SealedPart): { readonly ChecksumCRC32?: string } {
  return crc32 === undefined ? {} : { ChecksumCRC32: crc32 };
}

/**
 * Middleware for the `build` step of a command. It sets the hash of the payload, or says that the payload is unsigned. The SDK
 * signs that value as it is.
 */
export function sayPayload({ sha256 }: SealedPart) {
  return <Call extends { readonly request: unknown }, Answer>(
    next: (call: Call) => Promise<Answer>,
  ) =>
    (call: Call): Promise<Answer> => {
      const { request } = call;
      if (isRequest(request)) {
        const hash = request.protocol === 'https:' ? 'UNSIGNED-PAYLOAD' : sha256;
        // Without a hash the endpoint came from the environment or a profile. Then the SDK computes it.
        if (hash !== undefined) request.headers['x-amz-content-sha256'] = hash;
      }
      return next(call);
    };
}

/** Its place in the middleware of the SDK. */
export const SAYING = { step: 'build', name: 'palhmPayload' } as const;

interface Request {
  readonly protocol: string;
  readonly headers: Record<string, string>;
}

function isRequest(request: unknown): request is Request {
  if (typeof request !== 'object' || request === null) return false;
  return 'protocol' in request && 'headers' in request;
}
