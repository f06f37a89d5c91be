import { StringDecoder } from 'node:string_decoder';

/** Keeps the last bytes of a stream, so that an error can say what a program said, in bounded memory. */
export interface Tail {
  push(chunk: Buffer): void;
  /** The last `limit` bytes as text; a line cut off at the front is dropped when there are others. */
  text(): string;
}

export function createTail(limit: number): Tail {
  let chunks: Buffer[] = [];
  let length = 0;
  let dropped = false;
  const compact = (): void => {
    const all = Buffer.concat(chunks);
    dropped ||= all.length > limit;
    chunks = [all.subarray(Math.max(0, all.length - limit))];
    length = Math.min(all.length, limit);
  };
  return {
    push(chunk) {
      chunks.push(Buffer.from(chunk));
      length += chunk.length;
      if (length > 2 * limit) compact();
    },
    text() {
      compact();
      const text = chunks[0]?.toString('utf8') ?? '';
      if (!dropped) return text;
      const firstBreak = text.indexOf('\n');
      // Of a line cut off at the front the first stretch goes too: it may begin in the middle of a secret.
      return firstBreak >= 0 && firstBreak < text.length - 1
        ? text.slice(firstBreak + 1)
        : text.slice(text.length / 4);
    },
  };
}

export interface LineConsumer {
  /** Takes the secrets out of a text. */
  readonly redact: (text: string) => string;
  /** A line without its end and without secrets. */
  readonly onLine: (line: string) => void;
}

/**
 * Cuts a stream of chunks into lines of at most `limit` characters and hands each on. A longer line comes in pieces; it
 * is cut well before the end of what has arrived of it, so that no secret of up to `limit` is cut before it is seen.
 */
export function createLineSplitter(
  limit: number,
  { redact, onLine }: LineConsumer,
): { push(chunk: Buffer): void; end(): void } {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const handOn = (line: string): void => {
    const clean = redact(line);
    for (let at = 0; at === 0 || at < clean.length; at += limit)
      onLine(clean.slice(at, at + limit));
  };
  return {
    push(chunk) {
      rest += decoder.write(chunk);
      let start = 0;
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
        handOn(rest.slice(start, rest[end - 1] === '\r' ? Math.max(start, end - 1) : end));
        start = end + 1;
      }
      rest = rest.slice(start);
      while (rest.length > 2 * limit) {
        const clean = redact(rest);
        onLine(clean.slice(0, limit));
        rest = clean.slice(limit);
      }
    },
    end() {
      rest += decoder.end();
      if (rest.length > 0) handOn(rest);
      rest = '';
    },
  };
}
