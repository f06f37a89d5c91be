/**
 * Looks for the texts that are expected in what stages write, while the stages run. What the last one writes, the intake
 * looks through; for each of the others a tee makes a second pipe.
 */
import type { ExpectedTextPlan, ObjectPlan } from '../../config/plan/plan.js';
import { stageName } from '../../exec/command.js';
import type { Tap } from '../../exec/tee.js';
import { type Intake, NOWHERE, openIntake } from '../../host/intake.js';
import type { Taken } from '../../host/threads/protocol.js';
import type { Threads } from '../../host/threads/threads.js';
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

/** `threads`: for the intakes of the second pipes. */
export function textGuardsBracket(
  object: ObjectPlan,
  threads: Threads,
): Bracket<TextGuards & Closable> {
  return {
    name: `the guards of object "${object.path}"`,
    open: (signal) => openTextGuards(object, threads, signal),
    close: (guards) => guards.close(),
  };
}

interface Closable {
  /** Ends the search, whatever was found. */
  close(): Promise<void>;
}

async function openTextGuards(
  object: ObjectPlan,
  threads: Threads,
  signal: AbortSignal,
): Promise<TextGuards & Closable> {
  const last = object.pipeline.length - 1;
  const scanners = await openScanners(object, threads, signal);
  return {
    lastTexts: textsOf(object, last),
    taps: scanners.map(({ stage, intake }) => ({ stage, fd: intake.fd })),
    handOver: () => scanners.forEach(({ intake }) => intake.handOver()),
    async findMissing(lastTaken) {
      const missing: string[] = [];
      for (const { stage, intake } of scanners)
        missing.push(...wordMissing(object, stage, await intake.taken));
      return [...missing, ...wordMissing(object, last, lastTaken)];
    },
    close: () => closeScanners(scanners),
  };
}

function textsOf({ expect }: ObjectPlan, stage: number): readonly ExpectedTextPlan[] {
  return (expect?.texts ?? []).filter((text) => text.stage === stage);
}

/** What looks through the second pipe of a stage. */
interface Scanner {
  readonly stage: number;
  readonly intake: Intake;
}

/** One for each stage but the last of which a text is expected. When one cannot be opened, the others are closed again. */
async function openScanners(
  object: ObjectPlan,
  threads: Threads,
  signal: AbortSignal,
): Promise<readonly Scanner[]> {
  const scanners: Scanner[] = [];
  try {
    for (const stage of object.pipeline.slice(0, -1).keys()) {
      const texts = textsOf(object, stage);
      if (texts.length === 0) continue;
      scanners.push({ stage, intake: await openIntake(threads, NOWHERE, { texts, signal }) });
    }
    return scanners;
  } catch (error) {
    await closeScanners(scanners).catch(() => undefined);
    throw error;
  }
}

async function closeScanners(scanners: readonly Scanner[]): Promise<void> {
  await Promise.all(scanners.map(({ intake }) => intake.close()));
}

/** One sentence for each text of the stage that was not found. What was written instead may be secret. */
function wordMissing(object: ObjectPlan, stage: number, { found, size }: Taken): readonly string[] {
  const exec = object.pipeline[stage];
  const who = `stage ${stage + 1}, ${exec === undefined ? '?' : stageName(exec)},`;
  return textsOf(object, stage)
    .filter((_, index) => found[index] !== true)
    .map(({ type, text }) => {
      const how = type === 'contains' ? 'nowhere in it' : 'it does not end with';
      return `${who} wrote ${formatSize(size)}, and ${how} ${JSON.stringify(text)}`;
    });
}
