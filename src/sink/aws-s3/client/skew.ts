import type { S3Client } from '@aws-sdk/client-s3';
import { codeOf } from './s3-failure.js';

/**
 * The SDK takes the store's time from every answer and signs again when its own was wrong, but not when that makes it right
 * again: a clock that is set in the middle of a run would end the run.
 */
export function retrySkewed(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (request) => {
      try {
        return await next(request);
      } catch (error) {
        if (codeOf(error) === 'RequestTimeTooSkewed' && error instanceof Error) {
          Object.assign(error, { $retryable: { throttling: false } });
        }
        throw error;
      }
    },
    { step: 'deserialize', priority: 'high', name: 'palhmRetrySkewed' },
  );
}
