/** Runs tasks into a root of their own and keeps the events. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackupPlan, Plan, TaskPlan } from '../../src/config/plan/plan.js';
import type { RetentionPolicy } from '../../src/copy/policy.js';
import type { Event } from '../../src/events/events.js';
import { Failure } from '../../src/failure/failure.js';
import { planRehearsal } from '../../src/run/rehearsal.js';
import { openSignalGate } from '../../src/run/signals.js';
import { runTask } from '../../src/run/task.js';
import { backupPlan, execPlan, groupPlan, objectPlan, planOf, shell } from '../rig/plans.js';

export interface RunRequest {
  readonly task?: string;
  /** Given: a dry run, of these objects only unless there are none. */
  readonly dryRunOf?: readonly string[];
  readonly plan?: Partial<Plan>;
  readonly clock?: () => number;
  readonly acceptedSizes?: readonly string[];
}

export interface Stand {
  readonly directory: string;
  readonly root: string;
  readonly events: Event[];
  readonly run: (tasks: readonly TaskPlan[], request?: RunRequest) => Promise<void>;
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
  const directory = mkdtempSync(join(tmpdir(), 'palhm-test-'));
  const root = join(directory, 'root');
  const events: Event[] = [];
  const run: Stand['run'] = async (tasks, request = {}) => {
    const signals = openSignalGate();
    const emit = (event: Event): void => void events.push(event);
    const task = request.task ?? 'backup';
    const whole = planOf(tasks, request.plan);
    const only = request.dryRunOf;
    const operation = {
      plan: only === undefined ? whole : planRehearsal(whole, { task, only }),
      emit,
      signals,
      clock: request.clock ?? Date.now,
    };
    try {
      const { acceptedSizes = [] } = request;
      await runTask(operation, task, { waitMs: 0, acceptedSizes });
    } finally {
      signals.close();
    }
  };
  return {
    directory,
    root,
    events,
    run,
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
