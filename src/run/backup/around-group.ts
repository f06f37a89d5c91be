/** What is done around the objects of a group: its hooks, and inside of them its snapshot, or its freeze. */
import type { GroupPlan, ObjectPlan } from '../../config/plan/plan.js';
import { heldObjectsOf } from '../../config/plan/snapshots/freeze.js';
import { findEntrances } from '../../snapshot/registry.js';
import { aroundPart } from '../hooks/around-part.js';
import type { Hooked } from '../hooks/hook.js';
import { runAll } from '../hooks/lists.js';
import { runContext } from '../objects/run-context.js';
import type { GroupWork } from '../objects/schedule.js';
import type { Operation } from '../operation/operation.js';
import { whileFrozen } from '../snapshots/freeze.js';
import { type GroupSnapshot, withSnapshot } from '../snapshots/group-snapshot.js';
import type { Printed } from '../snapshots/hold.js';
import { placesWritten } from '../snapshots/written-places.js';
import type { BackupRun } from './backup-run.js';

export interface AroundGroup {
  readonly id: string;
  readonly signal: AbortSignal;
  /** Called before the first object. */
  readonly onSnapshot: (snapshot: GroupSnapshot) => void;
  /** Called when what was frozen is thawed, also when the group fails, with how long it was: milliseconds. */
  readonly onThawed: (frozenMs: number) => void;
  /** Called before the objects that are made of what a program has printed that held. */
  readonly onPrinted: (printed: Printed) => void;
}

/** Failure HOOK_FAILED, SNAPSHOT_FAILED, FREEZE_EXPIRED, or that of the work. */
export async function aroundGroup(
  run: BackupRun,
  around: AroundGroup,
  work: GroupWork<ObjectPlan>,
): Promise<void> {
  const { operation, backup, prefix, ledger } = run;
  const { id, signal } = around;
  const number = backup.groups.findIndex((one) => one.id === id);
  const group = backup.groups[number];
  if (group === undefined) throw new Error(`there is no group ${id} in the plan`);
  const base = runContext(operation, { task: backup.id, prefix: prefix.name });
  const entrances = group.snapshot === undefined ? {} : await findEntrances(group.snapshot.source);
  const context = {
    ...base,
    facts: { ...base.facts, entrances },
    environment: { PALHM_GROUP: id },
  };
  const hooked = { part: 'group', name: id, hooks: group.hooks, context, signal } as const;
  await aroundPart(operation, { ...hooked, sizeOf: () => ledger.sizeOf(id) }, async () => {
    const held = new Set(heldObjectsOf(group).map(({ path }) => path));
    const others = group.objects.filter(({ path }) => !held.has(path));
    let printed: Printed['texts'] = new Map();
    const onPrinted = (all: Printed): void => {
      printed = all.texts;
      around.onPrinted(all);
    };
    const written = placesWritten(backup, operation.host.environment);
    const wanted = { ...around, onPrinted, number, group, hooked, written };
    await whileStill(operation, wanted, (whole) => work(others, whole));
    // What is printed comes with the thaw, which may be the last that is done to a snapshot.
    await work(group.objects.filter(({ path }) => printed.has(path)));
  });
}

interface Stillness extends AroundGroup {
  readonly group: GroupPlan;
  /** Which group of the task it is. */
  readonly number: number;
  readonly hooked: Hooked;
  /** Where palhm itself has to write meanwhile. */
  readonly written: readonly string[];
}

/** Does the work while there is a snapshot, or something is frozen, if the group has that. */
async function whileStill(
  operation: Operation,
  { group, number, hooked, written, onSnapshot, onThawed, onPrinted }: Stillness,
  work: (whole?: AbortSignal) => Promise<void>,
): Promise<void> {
  const { snapshot: plan, freeze } = group;
  if (plan !== undefined) {
    const name = { run: operation.id, number };
    const wanted = { plan, name, written, hooked, onThawed, onPrinted };
    return await withSnapshot(operation, wanted, async (snapshot, whole) => {
      onSnapshot(snapshot);
      const { context } = hooked;
      const facts = { ...context.facts, ...snapshot.facts };
      const state = { state: 'running' } as const;
      await runAll(
        operation,
        { ...hooked, context: { ...context, facts } },
        { kind: 'after-snapshot', execs: plan.afterSnapshot, state },
      );
      await work(whole);
    });
  }
  if (freeze === undefined) return await work();
  const wanted = { hooked, plan: freeze, reads: 'its objects were made', onThawed, onPrinted };
  const { problem } = await whileFrozen(operation, wanted, work);
  if (problem !== undefined) throw problem;
}
