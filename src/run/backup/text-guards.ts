/**
 * Looks for the texts that are expected in what stages write, while the stages run. What the last one writes, the intake
 * looks through; for each of the others a tee makes a second pipe.
 */
import type { ExpectedTextPlan, ObjectPlan } from '../../config/plan/plan.js';
import { stageName } from '../../exec/command.js';
import type { Tap } from '../../exec/tee.js';
import { openPipeReader, type PipeReader } from '../../host/pipe-reader.js';
import { createScan } from '../../host/text-scan.js';
import type { Taken } from '../../host/threads/protocol.js';
import { formatSize } from '../../units/bytes.js';
import type { Bracket } from '../operation/bracket.js';

export interface TextGuards {
  readonly taps: readonly Tap[];
  /** What the intake looks for. */
  readonly lastTexts: readonly ExpectedTextPlan[];
  /** To be called when the stages have their descriptors. */
  handOver(): void;
  /** To be called when every stage has ended well. Returns one sentence for each text that is missing. */
  findMissing(taken: Taken): Promise<readonly string[]>;
}

/** As much as a pipe holds by default (pipe(7)). */
const BUFFER_BYTES = 64 * 1024;

export function textGuardsBracket(object: ObjectPlan): Bracket<TextGuards & Closable> {
  return {
    name: `the guards of object "${object.path}"`,
    open: () => openTextGuards(object),
    close: (guards) => guards.close(),
  };
}

interface Closable {
  /** Ends the search, whatever was found. */
  close(): Promise<void>;
}

async function openTextGuards(object: ObjectPlan): Promise<TextGuards & Closable> {
  const { expect, pipeline } = object;
  const last = pipeline.length - 1;
  const lastTexts = (expect?.texts ?? []).filter(({ stage }) => stage === last);
  const scanners = await openScanners(object);
  return {
    lastTexts,
    taps: scanners.map(({ stage, reader }) => ({ stage, fd: reader.fd })),
    handOver: () => scanners.forEach(({ reader }) => reader.handOver()),
    async findMissing({ found, size }) {
      await Promise.all(scanners.map(({ reader }) => reader.end()));
      const lacking = lastTexts.filter((_, index) => found[index] !== true);
      const who = describeStage(object, last);
      return [
        ...scanners.flatMap(({ missing }) => missing()),
        ...lacking.map((text) => wordMissing(who, text, size)),
      ];
    },
    close: () => closeScanners(scanners),
  };
}

interface Scanner {
  readonly stage: number;
  readonly reader: PipeReader;
  /** One sentence for each text that was not found. */
  readonly missing: () => readonly string[];
}

function describeStage({ pipeline }: ObjectPlan, stage: number): string {
  const exec = pipeline[stage];
  return `stage ${stage + 1}, ${exec === undefined ? '?' : stageName(exec)},`;
}

/** One for each stage but the last of which a text is expected. When one cannot be opened, the others are closed again. */
async function openScanners(object: ObjectPlan): Promise<readonly Scanner[]> {
  const last = object.pipeline.length - 1;
  const texts = (object.expect?.texts ?? []).filter(({ stage }) => stage !== last);
  const scanners: Scanner[] = [];
  try {
    for (const stage of new Set(texts.map((text) => text.stage))) {
      const own = texts.filter((text) => text.stage === stage);
      scanners.push({ stage, ...(await openScanner(describeStage(object, stage), own)) });
    }
    return scanners;
  } catch (error) {
    await closeScanners(scanners).catch(() => undefined);
    throw error;
  }
}

async function closeScanners(scanners: readonly Scanner[]): Promise<void> {
  await Promise.all(scanners.map(({ reader }) => reader.close()));
}

async function openScanner(
  who: string,
  texts: readonly ExpectedTextPlan[],
): Promise<Omit<Scanner, 'stage'>> {
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

/** It does not show what was written instead: that may be secret. */
function wordMissing(who: string, { type, text }: ExpectedTextPlan, bytes: number): string {
  const wrote = `${who} wrote ${formatSize(bytes)}`;
  const quoted = JSON.stringify(text);
  return type === 'contains'
    ? `${wrote}, and nowhere in it ${quoted}`
    : `${wrote}, and it does not end with ${quoted}`;
}
