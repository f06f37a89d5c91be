/**
 * The order of the work: groups as a graph, objects through a bounded number of workers. A group starts when every object
 * of every group it depends on is done, and not later; a group without objects is done at once.
 */
import pLimit from 'p-limit';

export interface ScheduledGroup<T> {
  readonly id: string;
  readonly depends: readonly string[];
  readonly objects: readonly T[];
}

export interface Schedule<T> {
  /** Each after those it depends on. */
  readonly groups: readonly ScheduledGroup<T>[];
  /** Objects built at once; `Infinity` for no limit. */
  readonly workers: number;
  /** Builds one object, or brings it back. Its rejection stops the schedule. */
  readonly build: (object: T) => Promise<void>;
  /** Called at the first failure, before anything else happens. */
  readonly onFailure: (error: unknown) => void;
  readonly onGroupStarted: (group: ScheduledGroup<T>) => void;
  readonly onGroupFinished: (group: ScheduledGroup<T>) => void;
  /** Aborted: nothing new starts. */
  readonly signal: AbortSignal;
}

/** Settles when nothing runs any more. Rejects with the first failure, or with the reason of the abort. */
export async function runSchedule<T>(schedule: Schedule<T>): Promise<void> {
  const limit = pLimit(schedule.workers);
  const failures: unknown[] = [];
  const isStopped = (): boolean => failures.length > 0 || schedule.signal.aborted;

  const buildUnlessStopped = async (object: T): Promise<void> => {
    if (isStopped()) return;
    try {
      await schedule.build(object);
    } catch (error) {
      failures.push(error);
      if (failures.length === 1) schedule.onFailure(error);
    }
  };
  const runGroup = async (
    group: ScheduledGroup<T>,
    before: readonly Promise<void>[],
  ): Promise<void> => {
    await Promise.all(before);
    if (isStopped()) return;
    schedule.onGroupStarted(group);
    await Promise.all(group.objects.map((object) => limit(() => buildUnlessStopped(object))));
    if (!isStopped()) schedule.onGroupFinished(group);
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
