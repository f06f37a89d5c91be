/** The texts that are expected in what stages write, looked for while the stages run. */
import type { ExpectedTextPlan, ObjectPlan } from '../../config/plan/plan.js';
import { stageName } from '../../exec/command.js';
import type { Tap } from '../../exec/tee.js';
import { openPipeReader } from '../../host/pipe-reader.js';
import { formatSize } from '../../units/bytes.js';
import type { Bracket } from '../operation/bracket.js';
import { createScan } from './text-scan.js';

export interface TextGuards {
  readonly taps: readonly Tap[];
  /** To be called when the stages have their descriptors. */
  handOver(): void;
  /** To be called when every stage has ended well: what is missing, one sentence each. */
  findMissing(): Promise<readonly string[]>;
}

/** As much as a pipe holds by default (pipe(7)). */
const BUFFER_BYTES = 64 * 1024;

/** Closing them ends the looking. */
export function textGuardsOf(object: ObjectPlan): Bracket<TextGuards & Closable> {
  return {
    name: `the guards of object "${object.path}"`,
    open: () => openTextGuards(object),
    close: (guards) => guards.close(),
  };
}

interface Closable {
  close(): Promise<void>;
}

async function openTextGuards({ expect, pipeline }: ObjectPlan): Promise<TextGuards & Closable> {
  const texts = expect?.texts ?? [];
  const stages = [...new Set(texts.map(({ stage }) => stage))];
  const opened = await Promise.all(
    stages.map(async (stage) => {
      const exec = pipeline[stage];
      const who = `stage ${stage + 1}, ${exec === undefined ? '?' : stageName(exec)},`;
      const own = texts.filter((text) => text.stage === stage);
      const { reader, missing } = await openScanner(who, own);
      return { stage, reader, missing };
    }),
  );
  return {
    taps: opened.map(({ stage, reader }) => ({ stage, fd: reader.fd })),
    handOver: () => opened.forEach(({ reader }) => reader.handOver()),
    async findMissing() {
      await Promise.all(opened.map(({ reader }) => reader.end()));
      return opened.flatMap(({ missing }) => missing());
    },
    async close() {
      await Promise.all(opened.map(({ reader }) => reader.close()));
    },
  };
}

async function openScanner(who: string, texts: readonly ExpectedTextPlan[]) {
  const scans = texts.map((text) => ({ text, scan: createScan(text) }));
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  let bytes = 0;
  const reader = await openPipeReader({
    room: () => buffer,
    accept(count) {
      bytes += count;
      for (const { scan } of scans) scan.push(buffer.subarray(0, count));
      return true;
    },
  });
  const missing = (): readonly string[] =>
    scans.flatMap(({ text, scan }) => (scan.isFound() ? [] : [wordMissing(who, text, bytes)]));
  return { reader, missing };
}

/** What was written instead is data of others: it is not shown. */
function wordMissing(who: string, { type, text }: ExpectedTextPlan, bytes: number): string {
  const wrote = `${who} wrote ${formatSize(bytes)}`;
  const quoted = JSON.stringify(text);
  return type === 'contains'
    ? `${wrote}, and nowhere in it ${quoted}`
    : `${wrote}, and it does not end with ${quoted}`;
}
