/** Reads one object of a copy to its end: for its hash, and through what undoes its filters. */
import type { ExecPlan } from '../../config/plan/plan.js';
import type { ManifestObject } from '../../copy/manifest.js';
import { findingOf, type Problem } from '../../copy/verdict.js';
import { Failure } from '../../failure/failure.js';
import { NOWHERE } from '../../host/intake.js';
import type { StoredCopy } from '../../sink/sink.js';
import { bringBack, confirmDigest, piecesOf } from '../objects/bring-back.js';
import { intakeBracket } from '../objects/intake.js';
import type { ObjectRun } from '../objects/objects.js';
import { tellHeld, tellOutput } from '../objects/stage-output.js';
import { within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { redactFailure } from '../operation/redaction.js';

export interface ObjectCheck extends ObjectRun {
  readonly operation: Operation;
  readonly stored: StoredCopy;
  readonly object: ManifestObject;
  /** What the stored bytes go through. Empty: they are only hashed. */
  readonly execs: readonly ExecPlan[];
}

/** Returns what is wrong with the object; undefined when nothing is. The bytes of one that is `undecodable` are right. Rejects when `signal` is aborted. */
export async function findProblem(check: ObjectCheck): Promise<Problem | undefined> {
  try {
    await (check.execs.length === 0 ? digestObject(check) : decodeObject(check));
    return undefined;
  } catch (error) {
    check.signal.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    return asProblem(check.object.path, redactFailure(error, check.operation.redactor));
  }
}

async function digestObject({ stored, object, signal, watch }: ObjectCheck): Promise<void> {
  let read = 0;
  watch(() => read);
  const onBytes = (bytes: number): void => {
    read = bytes;
  };
  confirmDigest(object, await stored.digest(piecesOf(object), { signal, onBytes }));
}

/** The bytes are counted and hashed, not sent to /dev/null: tar and others recognise that, and then do not read their input. */
async function decodeObject(check: ObjectCheck): Promise<void> {
  const { operation, stored, object, execs, context, threads, signal, watch } = check;
  const request = { path: object.path, threads, consumer: NOWHERE };
  await within(operation, intakeBracket(request), async (intake) => {
    await bringBack({
      stored,
      object,
      execs,
      context,
      signal,
      stdout: intake,
      onReader: (reader) => watch(() => reader.bytes()),
      ...tellOutput(operation.emit, object.path),
      onHeld: tellHeld(operation.emit, object.path),
    });
  });
}

/** As by somebody, a limit, or a kernel without memory. A program that fails over its input dies of none of these. */
const KILLED = /\bwas killed by SIG(?:KILL|TERM|INT|HUP|QUIT|XCPU)\b/;

function asProblem(path: string, failure: Failure): Problem {
  const { code, message } = failure;
  if (code.startsWith('STAGE_')) {
    const text = `object "${path}" cannot be decoded: ${message}${lastWords(failure)}`;
    // A stage that was not started, or was killed from outside, had no time for it, or was kept from its end, has not tried.
    const hasTried = code === 'STAGE_FAILED' && !KILLED.test(message);
    return { finding: hasTried ? 'undecodable' : 'unread', text };
  }
  const isNamed = message.includes(`object "${path}"`);
  const finding = findingOf(failure);
  const text =
    isNamed || finding === 'damaged' ? message : `object "${path}" cannot be read: ${message}`;
  return { finding, text };
}

/** The last line of age says where to report errors, and that of gpg follows the key that is missing. */
const LINES_TOLD = 3;
/** A line without an end would fill the record. */
const CHARACTERS_TOLD = 300;

/** The last lines that the stage wrote to stderr. */
function lastWords({ details }: Failure): string {
  const lines = details.filter((detail) => detail.startsWith('| ')).slice(-LINES_TOLD);
  return lines
    .map((line) => `; ${Array.from(line.slice(2).trim()).slice(0, CHARACTERS_TOLD).join('')}`)
    .join('');
}
