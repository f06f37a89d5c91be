/** Runs tasks into a root of their own and keeps the events. */
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupPlan, Plan, TaskPlan } from '../../src/config/plan/plan.js';
import type { RetentionPolicy } from '../../src/copy/policy.js';
import type { Event } from '../../src/events/events.js';
import type { RunReport } from '../../src/events/run-report.js';
import { Failure } from '../../src/failure/failure.js';
import {
  describeHost,
  type Operation,
  openOperation,
  type Surroundings,
} from '../../src/run/operation/operation.js';
import { run as runTask } from '../../src/run/task/run.js';
import { backupPlan, execPlan, groupPlan, objectPlan, planOf, shell } from './plans.js';
import { makeScratch } from './scratch.js';

export interface RunRequest {
  readonly task?: string;
  /** Given: a dry run, of these objects only unless there are none. */
  readonly dryRunOf?: readonly string[];
  readonly plan?: Partial<Plan>;
  readonly clock?: () => number;
  readonly acceptedSizes?: readonly string[];
  readonly surroundings?: Partial<Surroundings>;
}

export interface Stand {
  readonly directory: string;
  readonly root: string;
  readonly events: Event[];
  /** An operation on a plan with these tasks, whose events are kept. */
  readonly operation: (tasks: readonly TaskPlan[], more?: Partial<Surroundings>) => Operation;
  /** Throws the failure of the run, or the first of its aftermath. */
  readonly run: (tasks: readonly TaskPlan[], request?: RunRequest) => Promise<RunReport>;
  /** Stops what runs. */
  readonly stop: (reason: Failure) => void;
  /** Runs what must fail. */
  readonly failureOf: (tasks: readonly TaskPlan[], request?: RunRequest) => Promise<Failure>;
  /** A backup of two small objects. */
  readonly simple: (retention?: Partial<RetentionPolicy>) => BackupPlan;
  /** The names in the root that are not hidden, sorted. */
  readonly copies: () => string[];
  /** What palhm left there besides, but for its lock. */
  readonly leftovers: () => string[];
  readonly close: () => void;
}

export function openStand(): Stand {
  const directory = makeScratch();
  const root = join(directory, 'root');
  const events: Event[] = [];
  const stop = new AbortController();
  // The hooks of a task are locked by the name of the config.
  const own = { files: [join(directory, 'test.jsonc')] };
  const operation: Stand['operation'] = (tasks, more) =>
    openOperation({
      plan: planOf(tasks, own),
      host: describeHost(process.env),
      outlet: ({ run: _run, task: _task, time: _time, ...event }) => void events.push(event),
      signal: stop.signal,
      ...more,
    });
  const run: Stand['run'] = async (tasks, request = {}) => {
    const { task = 'backup', dryRunOf, acceptedSizes = [], clock = Date.now } = request;
    const host = { ...describeHost(process.env), clock };
    const only = dryRunOf === undefined ? undefined : { only: dryRunOf };
    const plan = planOf(tasks, { ...own, ...request.plan });
    const report = await runTask(operation(tasks, { plan, host, ...request.surroundings }), {
      task,
      acceptedSizes,
      rehearsal: only,
    });
    const failure = report.failure ?? report.afterwards[0];
    if (failure !== undefined) throw failure;
    return report;
  };
  return {
    directory,
    root,
    events,
    operation,
    run,
    stop: (reason) => stop.abort(reason),
    async failureOf(tasks, request) {
      const error: unknown = await run(tasks, request).then(
        () => assert.fail('the run should have failed'),
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof Failure, String(error));
      return error;
    },
    simple(retention = {}) {
      const gzipped = objectPlan('a.gz', [shell('echo hello'), execPlan(['gzip', '-n'])]);
      const plan = backupPlan(root, [
        groupPlan('default', [], [gzipped, objectPlan('dir/b', [shell('echo b')])]),
      ]);
      if (plan.sink.type !== 'localfs') throw new Error('not a localfs plan');
      return {
        ...plan,
        sink: { ...plan.sink, retention: { ...plan.sink.retention, ...retention } },
      };
    },
    copies: () =>
      readdirSync(root)
        .filter((name) => !name.startsWith('.'))
        .sort(),
    leftovers: () =>
      readdirSync(root).filter((name) => name.startsWith('.') && name !== '.palhm-lock'),
    close: () => rmSync(directory, { recursive: true }),
  };
}
