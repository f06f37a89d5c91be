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
      const firstBreak = text.indexOf('\n');
      return dropped && firstBreak >= 0 && firstBreak < text.length - 1
        ? text.slice(firstBreak + 1)
        : text;
    },
  };
}

/** Cuts a stream of chunks into lines of at most `limit` bytes and hands each on without its end. */
export function createLineSplitter(
  limit: number,
  onLine: (line: string) => void,
): { push(chunk: Buffer): void; end(): void } {
  let rest = Buffer.alloc(0);
  return {
    push(chunk) {
      let buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let at = buffer.indexOf(10); at >= 0 || buffer.length > limit; at = buffer.indexOf(10)) {
        const cut = at >= 0 && at <= limit ? at : limit;
        onLine(buffer.subarray(0, cut).toString('utf8').replace(/\r$/, ''));
        buffer = buffer.subarray(cut === at ? cut + 1 : cut);
      }
      rest = Buffer.from(buffer);
    },
    end() {
      if (rest.length > 0) onLine(rest.toString('utf8'));
      rest = Buffer.alloc(0);
    },
  };
}
