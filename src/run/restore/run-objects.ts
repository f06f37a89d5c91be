/** The objects of a restore through the workers, group by group; the first failure stops the others. */

import { setMaxListeners } from 'node:events';
import { stageName } from '../../exec/command.js';
import { factsOf } from '../../exec/facts.js';
import { createRedactor } from '../../exec/values.js';
import { Failure } from '../../failure/failure.js';
import type { ObjectReader } from '../../sink/sink.js';
import type { BringingBack } from '../bring-back.js';
import { HOST, INHERITED } from '../identity.js';
import type { Operation } from '../operation.js';
import { runSchedule, type ScheduledGroup } from '../schedule.js';
import { tellStderr } from '../stage-output.js';
import type { PlannedObject } from './plan.js';
import type { SourceCopy } from './source.js';

export interface RestoreRun {
  readonly copy: SourceCopy;
  readonly groups: readonly ScheduledGroup<PlannedObject>[];
  readonly runId: string;
  /** The directory of `--to`. */
  readonly target?: string;
  /** Brings one object back to where it goes. */
  readonly bring: (planned: PlannedObject, by: Means) => Promise<void>;
}

/** What `bringBack` has to be told, whatever the way. */
export type Means = Pick<BringingBack, 'stored' | 'context' | 'onLine' | 'signal' | 'onReader'>;

/** How often the bytes that were read are told. */
const PROGRESS_EVERY_MS = 200;

export async function runObjects(operation: Operation, run: RestoreRun): Promise<void> {
  const { emit, signals, plan } = operation;
  const siblings = new AbortController();
  const signal = AbortSignal.any([siblings.signal, signals.signal]);
  setMaxListeners(0, signal);
  const running = new Map<string, Pick<ObjectReader, 'bytes'>>();
  const ticker = setInterval(() => {
    for (const [object, reader] of running)
      emit({ type: 'object-progress', object, bytes: reader.bytes() });
  }, PROGRESS_EVERY_MS);
  try {
    await runSchedule({
      groups: run.groups,
      workers: plan.workers,
      signal,
      build: (planned) => bringOne(operation, run, { planned, signal, running }),
      onFailure: () => {
        if (running.size > 0) emit({ type: 'stopping', reason: 'an object failed' });
        siblings.abort(new Cancelled());
      },
      onGroupStarted: ({ id, objects }) => {
        if (objects.length > 0) emit({ type: 'group-started', group: id, objects: objects.length });
      },
      onGroupFinished: ({ id, objects }) => {
        if (objects.length > 0) emit({ type: 'group-finished', group: id });
      },
    });
  } finally {
    clearInterval(ticker);
  }
}

/** Why an object was stopped when a sibling failed: never the failure that is reported. */
class Cancelled extends Error {}

interface Turn {
  readonly planned: PlannedObject;
  readonly signal: AbortSignal;
  readonly running: Map<string, Pick<ObjectReader, 'bytes'>>;
}

async function bringOne(operation: Operation, run: RestoreRun, turn: Turn): Promise<void> {
  const { emit } = operation;
  const { object, execs } = turn.planned;
  const where = { object: object.path, group: object.group };
  const startedAt = performance.now();
  emit({ type: 'object-started', ...where, stages: execs.map(stageName) });
  try {
    await run.bring(turn.planned, meansOf(operation, run, turn));
  } catch (error) {
    const wasStopped = error instanceof Cancelled || error === operation.signals.signal.reason;
    if (wasStopped) emit({ type: 'object-cancelled', ...where });
    else if (error instanceof Failure) emit({ type: 'object-failed', ...where, failure: error });
    throw error;
  } finally {
    turn.running.delete(object.path);
  }
  const { size, sha256 = null } = object;
  const durationMs = performance.now() - startedAt;
  emit({ type: 'object-finished', ...where, size, sha256, durationMs });
}

function meansOf(operation: Operation, run: RestoreRun, turn: Turn): Means {
  const { path } = turn.planned.object;
  const { copy } = run;
  return {
    stored: copy.stored,
    signal: turn.signal,
    context: {
      facts: factsOf({ task: copy.task, host: HOST, prefix: copy.prefix, object: path }),
      inherited: INHERITED,
      runId: run.runId,
      redactor: createRedactor(),
      blockedSignals: operation.signals.blocked(),
      environment: environmentOf(run, path),
    },
    onReader: (reader) => turn.running.set(path, reader),
    onLine: tellStderr(operation.emit, path),
  };
}

function environmentOf({ copy, target }: RestoreRun, path: string): Record<string, string> {
  return {
    PALHM_RESTORE_TASK: copy.task,
    PALHM_RESTORE_PREFIX: copy.prefix,
    PALHM_RESTORE_OBJECT: path,
    ...(copy.host === undefined ? {} : { PALHM_RESTORE_HOST: copy.host }),
    ...(target === undefined ? {} : { PALHM_RESTORE_TARGET: target }),
  };
}
