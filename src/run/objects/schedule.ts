/**
 * The order of the work: groups form a graph, and a limit says how many objects run at once. A group starts as soon as
 * every object of every group that it depends on is done. A group without objects is done at once.
 */
import pLimit from 'p-limit';

export interface ScheduledGroup<T> {
  readonly id: string;
  readonly depends: readonly string[];
  readonly objects: readonly T[];
}

export interface Schedule<T> {
  /** Each group comes after those that it depends on. */
  readonly groups: readonly ScheduledGroup<T>[];
  /** Does the work of one object. Its rejection stops the schedule. */
  readonly run: (object: T) => Promise<void>;
  /** Waits until there is a place for the object, such as a worker, then does the work. */
  readonly admit: Admit<T>;
  /**
   * Does the work of a group: all of its objects, together or in turns, with what has to be done before and after them. The work
   * rejects when one of them has failed, or when the schedule was stopped.
   */
  readonly around: (group: ScheduledGroup<T>, work: GroupWork<T>) => Promise<void>;
  /** Called at the first failure, before anything else is done about it. */
  readonly onFailure: (error: unknown) => void;
  /** When it is aborted, nothing new starts. */
  readonly signal: AbortSignal;
}

/** Makes these objects. When the signal is aborted they are given up, and the group fails with the reason. */
export type GroupWork<T> = (objects: readonly T[], whole?: AbortSignal) => Promise<void>;

export type Admit<T> = (object: T, work: () => Promise<void>) => Promise<void>;

/** At most so many objects at once; `Infinity` for no limit. */
export function admitByWorkers<T>(workers: number): Admit<T> {
  const limit = pLimit(workers);
  return (_, work) => limit(work);
}

/** Ends when nothing runs any more. Rejects with the first failure, or with the reason of the abort. */
export async function runSchedule<T>(schedule: Schedule<T>): Promise<void> {
  const failures: unknown[] = [];
  const isStopped = (): boolean => failures.length > 0 || schedule.signal.aborted;

  const orStop = async (work: () => Promise<void>, own: unknown[] = []): Promise<void> => {
    if (isStopped()) return;
    try {
      await work();
    } catch (error) {
      own.push(error);
      failures.push(error);
      if (failures.length === 1 && error !== schedule.signal.reason) schedule.onFailure(error);
    }
  };
  const runObjects: GroupWork<T> = async (objects, whole) => {
    const own: unknown[] = [];
    const fail = (): void => void orStop(() => Promise.reject(whole?.reason), own);
    whole?.addEventListener('abort', fail);
    if (whole?.aborted === true) fail();
    const runs = objects.map((object) =>
      schedule.admit(object, () => orStop(() => schedule.run(object), own)),
    );
    await Promise.all(runs);
    whole?.removeEventListener('abort', fail);
    if (own.length > 0) throw own[0];
    schedule.signal.throwIfAborted();
  };
  const runGroup = async (
    group: ScheduledGroup<T>,
    before: readonly Promise<void>[],
  ): Promise<void> => {
    await Promise.all(before);
    await orStop(() => schedule.around(group, runObjects));
  };

  const done = new Map<string, Promise<void>>();
  for (const group of schedule.groups) {
    const before = group.depends.flatMap((id) => done.get(id) ?? []);
    done.set(group.id, runGroup(group, before));
  }
  await Promise.all(done.values());
  if (failures.length > 0) throw failures[0];
  schedule.signal.throwIfAborted();
}
