/** What is kept of the output of a program: its last bytes for an error message, and its lines, in bounded memory. */
import { StringDecoder } from 'node:string_decoder';

/** Keeps the last bytes of a stream. */
export interface Tail {
  push(chunk: Buffer): void;
  /** The last `limit` bytes as text, redacted. If the first line is not complete and there are others, it is left out. */
  text(redact: (text: string) => string): string;
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
    text(redact) {
      compact();
      const text = chunks[0]?.toString('utf8') ?? '';
      if (!dropped) return redact(text);
      const firstBreak = text.indexOf('\n');
      // There is only one line, and its beginning is lost. A quarter more is dropped: it may start inside a secret.
      return firstBreak >= 0 && firstBreak < text.length - 1
        ? redact(text.slice(firstBreak + 1))
        : redact(text).slice(limit / 4);
    },
  };
}

export interface LineConsumer {
  /** Replaces the secrets in a text. */
  readonly redact: (text: string) => string;
  /** Gets a line without its line break and without secrets. */
  readonly onLine: (line: string) => void;
}

export interface LineSplitter {
  push(chunk: Buffer): void;
  /** Passes the rest on. */
  end(): void;
  /** Returns the rest, which is then not passed on. */
  take(): string;
}

/**
 * Splits a stream into lines of at most `limit` characters and passes each to the consumer. A longer line is passed in
 * pieces. A piece ends at least `limit` characters before the end of what has arrived of the line, without the secrets in it: so
 * no secret of up to `limit` characters is split before it is recognised.
 */
export function createLineSplitter(limit: number, { redact, onLine }: LineConsumer): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const passOn = (line: string): void => {
    const clean = redact(line);
    for (let at = 0; at === 0 || at < clean.length; at += limit)
      onLine(clean.slice(at, at + limit));
  };
  return {
    push(chunk) {
      rest += decoder.write(chunk);
      let start = 0;
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
        passOn(rest.slice(start, rest[end - 1] === '\r' ? Math.max(start, end - 1) : end));
        start = end + 1;
      }
      rest = rest.slice(start);
      if (rest.length > 2 * limit) rest = redact(rest);
      for (; rest.length > 2 * limit; rest = rest.slice(limit)) onLine(rest.slice(0, limit));
    },
    end() {
      rest += decoder.end();
      if (rest.length > 0) passOn(rest);
      rest = '';
    },
    take() {
      const taken = rest + decoder.end();
      rest = '';
      return taken;
    },
  };
}
