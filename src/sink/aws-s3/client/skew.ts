import type { S3Client } from '@aws-sdk/client-s3';
import { codeOf } from './s3-failure.js';

/**
 * The SDK learns the offset of the store's clock from every answer, and signs a request again when that offset was wrong. It
 * does not do so when the new offset is small (less than 240 s in @aws-sdk/core). So without this, a clock that is set right
 * in the middle of a run would end the run.
 */
export function retryClockSkew(client: S3Client): void {
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
