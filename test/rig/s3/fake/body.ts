/** The bytes of an object: held, joined of others, or only computed when they are asked for. */
import { createHash } from 'node:crypto';

export interface Body {
  readonly size: number;
  /** Without the quotes around it. */
  readonly etag: string;
  /** The bytes from `start` up to, not including, `end`. */
  read(start: number, end: number): Buffer;
}

export function heldBody(bytes: Buffer): Body {
  const etag = createHash('md5').update(bytes).digest('hex');
  return { size: bytes.length, etag, read: (start, end) => bytes.subarray(start, end) };
}

/** As large as one likes: it takes no memory until it is read. */
export function zeroBody(size: number): Body {
  return { size, etag: `zeros-${size}`, read: (start, end) => Buffer.alloc(end - start) };
}

/** A text that is made anew whenever it is read. Its size has to be known before. */
export function lazyBody(facts: { size: number; etag: string }, make: () => string): Body {
  return { ...facts, read: (start, end) => Buffer.from(make()).subarray(start, end) };
}

export function sliceBody(body: Body, start: number, end: number): Body {
  return {
    size: end - start,
    etag: createHash('md5').update(`${body.etag} ${start} ${end}`).digest('hex'),
    read: (from, to) => body.read(start + from, start + to),
  };
}

/** As a complete multipart upload is. */
export function joinBodies(parts: readonly Body[]): Body {
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(etag);
  return {
    size: parts.reduce((sum, { size }) => sum + size, 0),
    etag: `${hash.digest('hex')}-${parts.length}`,
    read(start, end) {
      const pieces: Buffer[] = [];
      let offset = 0;
      for (const part of parts) {
        const [from, to] = [Math.max(start - offset, 0), Math.min(end - offset, part.size)];
        if (from < to) pieces.push(part.read(from, to));
        offset += part.size;
      }
      return Buffer.concat(pieces);
    },
  };
}
