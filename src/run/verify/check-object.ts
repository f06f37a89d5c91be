/** One object of a copy, read to its end: for its hash, and through what undoes its filters. */

import { randomUUID } from 'node:crypto';
import type { ExecPlan } from '../../config/plan/plan.js';
import type { ManifestObject } from '../../copy/manifest.js';
import type { Problem } from '../../copy/verdict.js';
import { factsOf } from '../../exec/facts.js';
import { createRedactor } from '../../exec/values.js';
import { Failure } from '../../failure/failure.js';
import { openDrain } from '../../host/drain.js';
import type { StoredCopy } from '../../sink/sink.js';
import { bringBack, confirmDigest, piecesOf } from '../bring-back.js';
import { HOST, INHERITED } from '../identity.js';
import type { Operation } from '../operation.js';
import { tellStderr } from '../stage-output.js';

export interface ObjectCheck {
  readonly operation: Pick<Operation, 'emit' | 'signals'>;
  readonly stored: StoredCopy;
  readonly task: string;
  readonly prefix: string;
  readonly object: ManifestObject;
  /** What the stored bytes are run through; none: they are hashed alone. */
  readonly execs: readonly ExecPlan[];
  readonly signal: AbortSignal;
  /** Told how to find out how many bytes were read so far. */
  readonly onReading: (bytes: () => number) => void;
}

/** What is wrong with it; undefined when nothing is. Rejects when `signal` is aborted. */
export async function checkObject(check: ObjectCheck): Promise<Problem | undefined> {
  try {
    await (check.execs.length === 0 ? digest(check) : decode(check));
    return undefined;
  } catch (error) {
    check.signal.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    return describe(check.object.path, error);
  }
}

async function digest({ stored, object, signal, onReading }: ObjectCheck): Promise<void> {
  let read = 0;
  onReading(() => read);
  const onBytes = (bytes: number): void => {
    read = bytes;
  };
  confirmDigest(object, await stored.digest(piecesOf(object), { signal, onBytes }));
}

async function decode(check: ObjectCheck): Promise<void> {
  const { operation, stored, task, prefix, object, execs, signal, onReading } = check;
  // Not /dev/null: tar and others notice it, and then do not read what they are given.
  const drain = await openDrain();
  const facts = factsOf({ task, host: HOST, prefix, object: object.path });
  const context = {
    facts,
    inherited: INHERITED,
    runId: randomUUID(),
    redactor: createRedactor(),
    blockedSignals: operation.signals.blocked(),
  };
  try {
    await bringBack({
      stored,
      object,
      execs,
      context,
      signal,
      stdout: drain.fd,
      onStarted: () => drain.handOver(),
      onReader: (reader) => onReading(() => reader.bytes()),
      onLine: tellStderr(operation.emit, object.path),
    });
    await drain.end();
  } catch (error) {
    await drain.close();
    throw error;
  }
}

/** Errors of a disk or a file system that has lost what it was given, as Node begins their text. */
const LOST = /\b(?:EIO|EUCLEAN|EBADMSG)\b/;

function describe(path: string, failure: Failure): Problem {
  const { code, message } = failure;
  if (code === 'COPY_DAMAGED') return { finding: 'damaged', text: message };
  if (code === 'STAGE_FAILED' || code === 'STAGE_TIMEOUT') {
    const text = `object "${path}" cannot be decoded: ${message}${lastWord(failure)}`;
    return { finding: 'damaged', text };
  }
  const isNamed = message.includes(`object "${path}"`);
  const text = isNamed ? message : `object "${path}" cannot be read: ${message}`;
  return { finding: LOST.test(message) ? 'damaged' : 'unread', text };
}

/** The last line that the stage wrote to stderr. */
function lastWord({ details }: Failure): string {
  const line = details.findLast((detail) => detail.startsWith('| '));
  return line === undefined ? '' : `; ${line.slice(2)}`;
}
