/** What is done around the objects of a group: its hooks, and inside of them its snapshot. */
import type { ObjectPlan } from '../../config/plan/plan.js';
import { heldObjectsOf } from '../../config/plan/snapshots/freeze.js';
import { aroundPart } from '../hooks/around-part.js';
import { runAll } from '../hooks/lists.js';
import { runContext } from '../objects/run-context.js';
import type { GroupWork } from '../objects/schedule.js';
import { type GroupSnapshot, withSnapshot } from '../snapshots/group-snapshot.js';
import type { Printed } from '../snapshots/hold.js';
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

/** Failure HOOK_FAILED, SNAPSHOT_FAILED, or that of the work. */
export async function aroundGroup(
  run: BackupRun,
  { id, signal, onSnapshot, onThawed, ...more }: AroundGroup,
  work: GroupWork<ObjectPlan>,
): Promise<void> {
  const { operation, backup, prefix, ledger } = run;
  const number = backup.groups.findIndex((one) => one.id === id);
  const group = backup.groups[number];
  if (group === undefined) throw new Error(`there is no group ${id} in the plan`);
  const context = {
    ...runContext(operation, { task: backup.id, prefix: prefix.name }),
    environment: { PALHM_GROUP: id },
  };
  const hooked = { part: 'group', name: id, hooks: group.hooks, context, signal } as const;
  const objects = async (): Promise<void> => {
    const { snapshot: plan } = group;
    if (plan === undefined) return await work(group.objects);
    const held = new Set(heldObjectsOf(plan.freeze).map(({ path }) => path));
    let texts: Printed['texts'] = new Map();
    const onPrinted = (printed: Printed): void => {
      texts = printed.texts;
      more.onPrinted(printed);
    };
    const name = { run: operation.id, number };
    const wanted = { plan, name, hooked, onThawed, onPrinted };
    await withSnapshot(operation, wanted, async (snapshot, whole) => {
      onSnapshot(snapshot);
      const facts = { ...context.facts, snapshot: snapshot.facts };
      await runAll(
        operation,
        { ...hooked, context: { ...context, facts } },
        { kind: 'after-snapshot', execs: plan.afterSnapshot, state: { state: 'running' } },
      );
      await work(
        group.objects.filter(({ path }) => !held.has(path)),
        whole,
      );
    });
    // What is printed comes with the thaw, which may be the last that is done to a snapshot.
    await work(group.objects.filter(({ path }) => texts.has(path)));
  };
  await aroundPart(operation, { ...hooked, sizeOf: () => ledger.sizeOf(id) }, objects);
}
