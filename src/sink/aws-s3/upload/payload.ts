/** What a request says about its payload, made by palhm so that the SDK need not hash it. */
import type { S3Plan } from '../../../config/plan/sinks/aws-s3.js';
import type { Proofs, SealedPart } from './part-hash.js';

/**
 * Where the way is not encrypted, the SHA-256 of the payload is signed, so that the store notices when the bytes were
 * changed on it. TLS does that by itself, as every other client takes it too.
 */
export function proofsFor({ checksum, endpoint }: Pick<S3Plan, 'checksum' | 'endpoint'>): Proofs {
  const isPlain = endpoint !== undefined && new URL(endpoint).protocol === 'http:';
  return { sha256: isPlain, crc32: checksum !== 'when-required' };
}

/** The field of the request that the SDK takes instead of a checksum of its own. */
export function checksumOf({ crc32 }: SealedPart): { readonly ChecksumCRC32?: string } {
  return crc32 === undefined ? {} : { ChecksumCRC32: crc32 };
}

/**
 * For the `build` step of a command: says what its payload hashes to, or that nobody is to look at it. The SDK signs that
 * as it is.
 */
export function sayPayload({ sha256 }: SealedPart) {
  return <Call extends { readonly request: unknown }, Answer>(
    next: (call: Call) => Promise<Answer>,
  ) =>
    (call: Call): Promise<Answer> => {
      const { request } = call;
      if (isRequest(request)) {
        const hash = request.protocol === 'https:' ? 'UNSIGNED-PAYLOAD' : sha256;
        // Neither: an endpoint from the environment or a profile. The SDK hashes then.
        if (hash !== undefined) request.headers['x-amz-content-sha256'] = hash;
      }
      return next(call);
    };
}

/** Where it belongs in the SDK's row of middleware. */
export const SAYING = { step: 'build', name: 'palhmPayload' } as const;

interface Request {
  readonly protocol: string;
  readonly headers: Record<string, string>;
}

function isRequest(request: unknown): request is Request {
  if (typeof request !== 'object' || request === null) return false;
  return 'protocol' in request && 'headers' in request;
}
