/**
 * One restore: opens the copy, plans the way back of every object, looks for everything that can be wrong, asks for a yes
 * where one is needed, and then brings the objects back.
 */
import { loadShippedPlan } from '../../config/shipped.js';
import type { ObjectReport, RestoreReport } from '../../events/run-report.js';
import { collectKnownInverses } from '../objects/known-inverses.js';
import type { ScheduledGroup } from '../objects/schedule.js';
import { learnKnown, requireSecrets } from '../objects/secrets.js';
import { within } from '../operation/bracket.js';
import type { About } from '../operation/conduct.js';
import type { Operation } from '../operation/operation.js';
import { processesBracket, tellProcesses } from '../operation/processes.js';
import { applyQuestion, createApplier, describeTargets } from './apply.js';
import { restoreAsDomain } from './domain/to-domain.js';
import { ontoQuestion, restoreOnto } from './image/to-image.js';
import { planObjects } from './plan.js';
import type { PlannedObject } from './planned-object.js';
import { aroundRecovery, chooseRecovery, warnOfLeftOut } from './recovery.js';
import type { RestoreRequest } from './request.js';
import { type Bring, bringObjects, type RestoreRun } from './run-objects.js';
import { orderGroups, selectObjects } from './select.js';
import { type SourceCopy, withSource } from './source.js';
import { restoreToDirectory } from './to-directory.js';
import { bringToStdout, checkStdout } from './to-stdout.js';
import { checkCommands, checkPrograms, NOBODY_KNOWS, obtainConsent } from './trust.js';

export async function restoreCopy(
  operation: Operation,
  request: RestoreRequest,
  about: About,
): Promise<RestoreReport> {
  return await withSource(operation, request.source, async (copy) => {
    const selected = selectObjects(copy.objects, request.objects);
    const known = collectKnownInverses(operation.plan, await loadShippedPlan(operation.plans));
    const inverses = { known, task: copy.task };
    const planned = planObjects(selected, { way: request.way, copy, inverses });
    operation.signal.throwIfAborted();
    const objects = new Map<string, ObjectReport>();
    const startedAt = performance.now();
    const run: RestoreRun = {
      operation: about(copy.task),
      request,
      copy,
      recovery: chooseRecovery(operation.plan, copy.task, request.recovery),
      planned,
      groups: groupPlanned(copy, planned),
      onObject: (report) => void objects.set(report.path, report),
    };
    const target = await recover(run);
    await tellProcesses(run.operation);
    const size = planned.reduce((sum, { object }) => sum + object.size, 0);
    const durationMs = performance.now() - startedAt;
    const { prefix, stored } = copy;
    const where = { prefix, source: stored.location, target };
    const report = { ...where, size, durationMs, objects: [...objects.values()] };
    const figures = { prefix, size, objects: planned.length, durationMs, target };
    run.operation.emit({ type: 'restore-finished', ...figures, report });
    return report;
  });
}

function groupPlanned(
  { groups }: SourceCopy,
  planned: readonly PlannedObject[],
): readonly ScheduledGroup<PlannedObject>[] {
  const byObject = new Map(planned.map((one) => [one.object, one] as const));
  const ordered = orderGroups([...byObject.keys()], groups);
  return ordered.map(({ id, depends, objects }) => ({
    id,
    depends,
    objects: objects.flatMap((object) => byObject.get(object) ?? []),
  }));
}

/** Brings the objects back between the programs of a recovery. Returns where they went, for people. */
async function recover(run: RestoreRun): Promise<string> {
  let confirmed: Promise<void> | undefined;
  const confirm = (): Promise<void> => (confirmed ??= confirmRun(run));
  if (run.recovery.pre.length > 0) await confirm();
  warnOfLeftOut(run);
  return await aroundRecovery(run, () =>
    bringAll(run, async (target) => {
      await confirm();
      const { operation, copy, planned } = run;
      operation.signal.throwIfAborted();
      const { prefix, stored } = copy;
      const objects = planned.length;
      operation.emit({ type: 'restore-started', prefix, source: stored.location, target, objects });
    }),
  );
}

/** `begin` is called when nothing is in the way, before anything is written. */
async function bringAll(
  run: RestoreRun,
  begin: (target: string) => Promise<void>,
): Promise<string> {
  const { operation, planned } = run;
  const { way } = run.request;
  if (way.type === 'directory') return await restoreToDirectory(run, way, begin);
  if (way.type === 'onto') return await restoreOnto(run, way, begin);
  if (way.type === 'domain') return await restoreAsDomain(run, way, begin);
  if (way.type === 'stdout') {
    checkStdout(planned, way);
    await begin('stdout');
    await bringAway(run, bringToStdout(way.fd));
    return 'stdout';
  }
  const applier = createApplier(operation.stdout);
  const target = describeTargets(planned);
  await begin(target);
  try {
    await bringAway(run, applier.bring);
  } catch (error) {
    throw applier.explain(error);
  }
  return target;
}

/** To where palhm can take nothing back. */
async function bringAway(run: RestoreRun, bring: Bring): Promise<void> {
  const { operation } = run;
  await within(operation, processesBracket(operation), () => bringObjects(run, bring));
}

/** Makes the last checks, and asks for a yes. */
async function confirmRun(run: RestoreRun): Promise<void> {
  const { operation, copy, groups, planned, recovery } = run;
  const { consent, way } = run.request;
  const { pre, end, post } = recovery;
  await checkCommands(planned, operation.host.environment);
  await checkPrograms(pre, operation.host.environment);
  const execs = planned.flatMap((one) => one.execs);
  // What comes before may make what a later one needs.
  await learnKnown(operation, copy.task, [...execs, ...pre, ...end, ...post]);
  await requireSecrets(operation, copy.task, execs);
  const question =
    way.type === 'apply' ? applyQuestion(copy, groups, recovery) : ontoQuestion(run, way);
  const unknown = await obtainConsent(consent, { planned, question });
  if (unknown.length > 0)
    operation.emit({ type: 'warning', message: NOBODY_KNOWS, details: unknown });
}
