/** Runs objects, whatever the work on them is: in their order, with events and progress. It stops them together. */
import { setMaxListeners } from 'node:events';
import type { ObjectReport } from '../../events/run-report.js';
import type { CommandContext } from '../../exec/command.js';
import { type Facts, layerFacts } from '../../exec/facts.js';
import { Failure } from '../../failure/failure.js';
import { createThreads, type Threads } from '../../host/threads/threads.js';
import type { Operation } from '../operation/operation.js';
import { type Progress, watchProgress } from './progress.js';
import { admitByWorkers, type GroupWork, runSchedule, type ScheduledGroup } from './schedule.js';

/** What the work on one object gets. */
export interface ObjectRun {
  /** Aborted when the run is stopped and when another object has failed. */
  readonly signal: AbortSignal;
  /** For the stages of this object. */
  readonly context: CommandContext;
  /** For the intake of this object. */
  readonly threads: Threads;
  /** To be called with a function that returns how many bytes there are so far. */
  readonly watch: (bytes: () => number) => void;
}

/** What the work on an object returns. */
export interface ObjectEnd {
  /** Bytes as stored. */
  readonly size: number;
  /** Lower-case hex; null where nothing was stored. */
  readonly sha256: string | null;
  /** True when the work has told by an event of its own how it ended. */
  readonly isTold?: boolean;
}

export interface ObjectsWork<T, R extends ObjectEnd = ObjectEnd> {
  readonly groups: readonly ScheduledGroup<T>[];
  readonly describe: (object: T) => DescribedObject;
  /** The context of the stages of every object. Each object adds its path. */
  readonly context: RunContext;
  readonly work: (object: T, run: ObjectRun) => Promise<R>;
  /** As in `Schedule`. `signal`: as in `ObjectRun`. */
  readonly around?: (
    group: ScheduledGroup<T>,
    work: GroupWork<T>,
    signal: AbortSignal,
  ) => Promise<void>;
  /** Whether groups have events; by default they have. */
  readonly tellGroups?: boolean;
  /** Called whenever more is known of an object. */
  readonly onObject?: (report: ObjectReport) => void;
}

/** The context of a run. The context of each of its objects is made from it. */
export interface RunContext extends Omit<CommandContext, 'environment'> {
  /** Further variables for the stages of an object, by its path. */
  readonly environment?: (path: string) => Readonly<Record<string, string>>;
  /** What its stages may refer to of the snapshot of a group. */
  readonly factsOfGroup?: (group: string) => GroupFacts | undefined;
}

export type GroupFacts = Pick<Facts, 'snapshot' | 'entrances'>;

export interface DescribedObject {
  readonly path: string;
  readonly group: string;
  /** The names of its stages. */
  readonly stages: readonly string[];
}

/** The reason of an abort because another object failed. It is never the failure that is reported. */
class Cancelled extends Error {}

/**
 * Runs every object. Returns what the work has returned, in the order in which objects ended. When one fails the others are
 * stopped, and the first failure is thrown.
 */
export async function runObjects<T, R extends ObjectEnd>(
  operation: Operation,
  work: ObjectsWork<T, R>,
): Promise<R[]> {
  const { emit, plan } = operation;
  const siblings = new AbortController();
  const signal = AbortSignal.any([siblings.signal, operation.signal]);
  // Every object that runs listens to it: Node warns from the eleventh listener on.
  setMaxListeners(0, signal);
  const progress = watchProgress(emit);
  const threads = createThreads();
  const running = new Set<T>();
  const ends: R[] = [];
  const { around = ({ objects }, doGroup) => doGroup(objects), tellGroups = true } = work;
  try {
    await runSchedule<T>({
      groups: work.groups,
      signal,
      admit: admitByWorkers(plan.workers),
      run: createRunner(operation, work, { signal, threads, progress, running, ends }),
      onFailure(error) {
        const what =
          error instanceof Failure && error.code === 'HOOK_FAILED' ? 'a hook' : 'an object';
        if (running.size > 0 && !operation.signal.aborted)
          emit({ type: 'stopping', reason: `${what} failed` });
        siblings.abort(new Cancelled());
      },
      async around(group, doGroup) {
        const { id, objects } = group;
        const isTold = tellGroups && objects.length > 0;
        if (isTold) emit({ type: 'group-started', group: id, objects: objects.length });
        await around(group, doGroup, signal);
        if (isTold) emit({ type: 'group-finished', group: id });
      },
    });
    return ends;
  } finally {
    progress.close();
    await threads.close();
  }
}

/** What the objects of one run share. */
interface SharedRun<T, R> {
  readonly signal: AbortSignal;
  readonly threads: Threads;
  readonly progress: Progress;
  readonly running: Set<T>;
  readonly ends: R[];
}

/** The function that does the work on one object, with its events and reports. */
function createRunner<T, R extends ObjectEnd>(
  { emit, signal: stop }: Operation,
  objects: ObjectsWork<T, R>,
  { signal, threads, progress, running, ends }: SharedRun<T, R>,
): (object: T) => Promise<void> {
  const { describe, work, onObject = () => {} } = objects;
  return async function runObject(object) {
    const described = describe(object);
    const { path, group, stages } = described;
    const startedAt = performance.now();
    const note = (state: ObjectReport['state'], end?: ObjectEnd): number => {
      const { size, sha256 } = end ?? { size: 0, sha256: null };
      const durationMs = performance.now() - startedAt;
      onObject({ path, group, state, size, sha256, durationMs });
      return durationMs;
    };
    running.add(object);
    note('running');
    emit({ type: 'object-started', object: path, group, stages });
    try {
      const context = objectContext(objects, described);
      const watch = (bytes: () => number): void => progress.watch(path, bytes);
      const end = await work(object, { signal, context, threads, watch });
      ends.push(end);
      const { size, sha256, isTold } = end;
      const durationMs = note('finished', end);
      if (isTold !== true)
        emit({ type: 'object-finished', object: path, group, size, sha256, durationMs });
    } catch (error) {
      const isStopped = error instanceof Cancelled || error === stop.reason;
      note(isStopped ? 'cancelled' : 'failed');
      if (isStopped) emit({ type: 'object-cancelled', object: path, group });
      else if (error instanceof Failure)
        emit({ type: 'object-failed', object: path, group, failure: error });
      throw error;
    } finally {
      progress.forget(path);
      running.delete(object);
    }
  };
}

function objectContext(
  { context }: { readonly context: RunContext },
  { path, group }: DescribedObject,
): CommandContext {
  const { facts, environment, factsOfGroup } = context;
  return {
    ...context,
    facts: { ...layerFacts(facts, { object: path }), ...factsOfGroup?.(group) },
    environment: environment?.(path) ?? {},
  };
}
