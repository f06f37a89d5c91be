/** Makes an object of what a program has printed that held: it goes through the filters of the object, into the intake. */
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { JudgedStage } from '../../exec/blame.js';
import { type PipelineStart, runPipeline } from '../../exec/pipeline.js';
import { openPipe } from '../../host/pipes.js';
import { literalExec } from '../objects/decoding.js';
import { type Bracket, type Scope, within } from '../operation/bracket.js';

export interface HeldText {
  readonly text: Buffer;
  /** The program that has printed it. */
  readonly stage: JudgedStage;
}

/** For a text without filters: so every object comes out of a pipeline. */
const CAT = literalExec(['cat']);

/** `start`: with the program as its first stage, which has ended long ago. As `runPipeline`. */
export async function runHeldText(
  scope: Scope,
  { text, stage }: HeldText,
  start: PipelineStart,
): Promise<readonly JudgedStage[]> {
  const filters = start.execs.slice(1);
  const execs = filters.length === 0 ? [CAT] : filters;
  return await within(scope, feedBracket(text), async (feed) => {
    const onStarted = (): void => {
      feed.handOver();
      start.onStarted();
    };
    const stages = await runPipeline({ ...start, execs, stdin: feed.fd, onStarted });
    return [stage, ...(filters.length === 0 ? [] : stages)];
  });
}

interface Feed {
  /** The reading end of a pipe that has the text, and its end. */
  readonly fd: number;
  /** Closes it here. May be called again. */
  readonly handOver: () => void;
  readonly writer: Socket;
}

function feedBracket(text: Buffer): Bracket<Feed> {
  return {
    name: 'the pipe of a text',
    async open(signal) {
      const { readEnd, writeEnd } = await openPipe(signal);
      const writer = new Socket({ fd: writeEnd, readable: false, writable: true });
      // A reader that ends early is judged by its end.
      writer.on('error', () => undefined);
      writer.end(text);
      let isOpen = true;
      const handOver = (): void => {
        if (isOpen) closeSync(readEnd);
        isOpen = false;
      };
      return { fd: readEnd, handOver, writer };
    },
    close({ handOver, writer }) {
      handOver();
      writer.destroy();
      return Promise.resolve();
    },
  };
}
