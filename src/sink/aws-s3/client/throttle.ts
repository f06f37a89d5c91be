/**
 * Limits all uploads of a client together to one rate. Each body is sent in small slices at regular times, so that the line is
 * used evenly. Otherwise a whole part would be sent at once after a long wait.
 */
import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';

export interface Throttle {
  /** A stream of the same bytes, as fast as the rate and the other bodies allow. */
  pace(bytes: Uint8Array): Readable;
}

/** At every rate, as far as the limits of a slice's size allow. */
const SLICES_PER_SECOND = 20;
const SMALLEST_SLICE = 4 * 1024;
const LARGEST_SLICE = 1024 * 1024;
/** Time that was not used can be caught up with, but not more than this. */
const CREDIT_MS = 50;

/** `clock` returns milliseconds. */
export function createThrottle(
  bytesPerSecond: number,
  clock: () => number = () => performance.now(),
): Throttle {
  const wanted = Math.floor(bytesPerSecond / SLICES_PER_SECOND);
  const slice = Math.min(Math.max(wanted, SMALLEST_SLICE), LARGEST_SLICE);
  let free = clock();

  /** Takes the next free time for this many bytes. Returns how long to wait for it, in milliseconds. */
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

/** Added below the retries of the SDK, so that a repeated request waits again. The buffer of the request is not changed. */
export function addThrottle(client: S3Client, bytesPerSecond: number): void {
  const throttle = createThrottle(bytesPerSecond);
  client.middlewareStack.add(
    (next) => (call) => {
      const { request } = call;
      if (!hasBytes(request)) return next(call);
      const body = throttle.pace(request.body);
      // The handler recognizes a request by its prototype.
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
