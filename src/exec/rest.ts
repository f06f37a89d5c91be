/** What a program prints after its first line, kept byte by byte, in bounded memory. */
export interface Rest {
  /** Keeps what comes after the first line. Returns the other part of the piece. */
  push(piece: Buffer): Buffer;
  /** Undefined when it was more than the limit. */
  bytes(): Buffer | undefined;
}

const NEWLINE = 10;

export function createRest(limit: number): Rest {
  const kept: Buffer[] = [];
  let length = 0;
  let isBehindLine = false;
  return {
    push(piece) {
      const at = isBehindLine ? 0 : piece.indexOf(NEWLINE) + 1;
      if (at === 0 && !isBehindLine) return piece;
      isBehindLine = true;
      const rest = piece.subarray(at);
      length += rest.length;
      if (length <= limit) kept.push(Buffer.from(rest));
      return piece.subarray(0, at);
    },
    bytes: () => (length <= limit ? Buffer.concat(kept) : undefined),
  };
}
