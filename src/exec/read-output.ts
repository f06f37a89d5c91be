/** The output of a program: what the log gets of it, and the last part of it at the end. */
import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { isErrno } from '../failure/failure.js';
import { createExcerpt, type ExcerptConsumer } from './excerpt.js';
import type { Rest } from './rest.js';
import { createLineSplitter, createTail } from './tail.js';

const TAIL_BYTES = 32 * 1024;
const LONGEST_LINE = 8 * 1024;
/** How long to wait for the end of the output after the program has ended. A daemon that it started may keep it open. */
export const DRAIN_MS = 200;

/** How the log takes what programs print. */
export interface LogTraits {
  /** Every line, not only the first ones and the last part. */
  readonly takesAll: boolean;
  /** Undefined while it takes lines. Else it resolves when it does again, or when it is not waited for any longer. */
  readonly whenReady: () => Promise<void> | undefined;
}

export interface OutputConsumer extends ExcerptConsumer {
  /** By default the log takes an excerpt, at any speed. */
  readonly log?: LogTraits | undefined;
  /** Gets every line, without secrets, whatever the log takes. */
  readonly see?: ((line: string) => void) | undefined;
  /** Keeps its part of the output, which then neither the log nor the tail gets. */
  readonly rest?: Rest | undefined;
}

/**
 * Reads a pipe to its end and closes it, no faster than the log takes it while the program runs: the program waits, as it
 * does on any pipe. `tail` returns the last part of the output, without secrets. After it `isWhole` says whether the output was
 * read to its end.
 */
export function readOutput(
  readEnd: number,
  consumer: OutputConsumer,
): { tail(patienceMs: number): Promise<string>; isWhole(): boolean } {
  const { redact, log, see, rest } = consumer;
  const socket = new Socket({ fd: readEnd, readable: true, writable: false });
  const kept = createTail(TAIL_BYTES);
  const split = log?.takesAll === true ? createLineSplitter : createExcerpt;
  const told = split(LONGEST_LINE, consumer);
  const seen = see && createLineSplitter(LONGEST_LINE, { redact, onLine: see });
  let endPacing: () => void = () => undefined;
  const programEnd = new Promise<void>((resolve) => {
    endPacing = resolve;
  });
  let hasEnded = false;
  let taken = 0;
  const take = (piece: Buffer): void => {
    const open = rest?.push(piece) ?? piece;
    kept.push(open);
    told.push(open);
    seen?.push(open);
    taken += piece.length;
  };
  const reading = readPieces(socket, async (piece) => {
    take(piece);
    const ready = hasEnded ? undefined : log?.whenReady();
    if (ready !== undefined) await Promise.race([ready, programEnd]);
  });
  return {
    async tail(patienceMs) {
      hasEnded = true;
      endPacing();
      const most = taken + LAST_WORDS_BYTES;
      let before = -1;
      const giveUp = (): void => {
        const isEmpty = taken === before;
        before = taken;
        if (isEmpty || taken > most) socket.destroy();
        else setImmediate(giveUp);
      };
      const patience = setTimeout(giveUp, patienceMs);
      await reading;
      clearTimeout(patience);
      told.end();
      seen?.end();
      return kept.text(redact);
    },
    isWhole: () => socket.readableEnded,
  };
}

/**
 * A busy palhm may come late to what a program has said last: it is read although the time is over, but for what a
 * process that was left behind writes without end. A pipe and a buffer hold less.
 */
const LAST_WORDS_BYTES = 256 * 1024;
/** A log may need many times the bytes of a line: it is asked more often than pipes are read. */
const PIECE_BYTES = 4096;

/** A pipe that cannot be read, or is closed here, has ended. */
async function readPieces(socket: Socket, take: (piece: Buffer) => Promise<void>): Promise<void> {
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>)
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        await take(chunk.subarray(at, at + PIECE_BYTES));
        // Lines cost time: a program that prints without pause must not keep palhm from all else, such as stopping it.
        await turn();
      }
  } catch (error) {
    if (error !== socket.errored && !isErrno(error, 'ERR_STREAM_PREMATURE_CLOSE')) throw error;
  }
}
