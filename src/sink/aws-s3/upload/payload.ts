/** What is signed of the payload of a request. */
import type { S3Client } from '@aws-sdk/client-s3';

const WITH_PAYLOAD = new Set(['UploadPartCommand', 'PutObjectCommand']);

/**
 * Over TLS the payload is not signed, which would need another SHA-256 of it: TLS itself notices bytes that were changed on
 * the way. Other clients rely on that too. Without TLS, the SDK hashes and signs it.
 */
export function leavePayloadUnsigned(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (call) => {
        const { request } = call;
        if (WITH_PAYLOAD.has(commandName) && isRequest(request) && request.protocol === 'https:')
          request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
        return next(call);
      },
    { step: 'build', name: 'palhmPayload' },
  );
}

interface Request {
  readonly protocol: string;
  readonly headers: Record<string, string>;
}

function isRequest(request: unknown): request is Request {
  if (typeof request !== 'object' || request === null) return false;
  return 'protocol' in request && 'headers' in request;
}
