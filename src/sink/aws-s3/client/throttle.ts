/**
 * Holds all uploads of a client together to a rate. Bodies go out in small slices, each when its turn has come, so that the
 * line is used evenly; a part is not sent in one burst after a long wait.
 */
import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';

export interface Throttle {
  /** The same bytes, as fast as the rate and the other bodies allow. */
  pace(bytes: Uint8Array): Readable;
}

/** So many slices a second, whatever the rate, as far as their size allows. */
const SLICES_PER_SECOND = 20;
const SMALLEST_SLICE = 4 * 1024;
const LARGEST_SLICE = 1024 * 1024;
/** What was not used is not saved up for longer than this. */
const CREDIT_MS = 50;

/** The clock counts milliseconds. */
export function createThrottle(
  bytesPerSecond: number,
  clock: () => number = () => performance.now(),
): Throttle {
  const wanted = Math.floor(bytesPerSecond / SLICES_PER_SECOND);
  const slice = Math.min(Math.max(wanted, SMALLEST_SLICE), LARGEST_SLICE);
  let free = clock();

  /** Takes the next place in the line: how long to wait for it. */
  function reserve(bytes: number): number {
    const now = clock();
    free = Math.max(free, now - CREDIT_MS) + (bytes * 1000) / bytesPerSecond;
    return Math.max(0, free - now);
  }

  return {
    pace(bytes) {
      let sent = 0;
      let timer: NodeJS.Timeout | undefined;
      return new Readable({
        highWaterMark: slice,
        read() {
          const next = bytes.subarray(sent, sent + slice);
          sent += next.length;
          if (next.length === 0) this.push(null);
          else timer = setTimeout(() => this.push(next), reserve(next.length));
        },
        destroy(error, callback) {
          clearTimeout(timer);
          callback(error);
        },
      });
    },
  };
}

/** Below the retries, so that what is sent again waits again; the buffer that is sent again stays untouched. */
export function addThrottle(client: S3Client, bytesPerSecond: number): void {
  const throttle = createThrottle(bytesPerSecond);
  client.middlewareStack.add(
    (next) => (call) => {
      const { request } = call;
      if (!hasBytes(request)) return next(call);
      const body = throttle.pace(request.body);
      // Its prototype is how the handler knows a request.
      const paced: object = Object.create(Object.getPrototypeOf(request), {
        ...Object.getOwnPropertyDescriptors(request),
        body: { value: body, enumerable: true, writable: true },
      });
      return next({ ...call, request: paced });
    },
    { step: 'deserialize', priority: 'low', name: 'palhmThrottle' },
  );
}

function hasBytes(request: unknown): request is { readonly body: Uint8Array } {
  if (typeof request !== 'object' || request === null || !('body' in request)) return false;
  return request.body instanceof Uint8Array && request.body.length > 0;
}
