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
import { planObjects } from './plan.js';
import type { PlannedObject } from './planned-object.js';
import type { RestoreRequest } from './request.js';
import { type Bring, bringObjects, type RestoreRun } from './run-objects.js';
import { orderGroups, selectObjects } from './select.js';
import { type SourceCopy, withSource } from './source.js';
import { restoreToDirectory } from './to-directory.js';
import { bringToStdout, checkStdout } from './to-stdout.js';
import { checkCommands, NOBODY_KNOWS, obtainConsent } from './trust.js';

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
      planned,
      groups: groupPlanned(copy, planned),
      onObject: (report) => void objects.set(report.path, report),
    };
    const target = await bringAll(run);
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

/** Returns where the objects went, for people. */
async function bringAll(run: RestoreRun): Promise<string> {
  const { operation, planned } = run;
  const { way } = run.request;
  if (way.type === 'directory')
    return await restoreToDirectory(run, way, (target) => begin(run, target));
  if (way.type === 'stdout') {
    checkStdout(planned, way);
    await begin(run, 'stdout');
    await bringAway(run, bringToStdout(way.fd));
    return 'stdout';
  }
  const applier = createApplier(operation.stdout);
  const target = describeTargets(planned);
  await begin(run, target);
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

/** Makes the last checks, asks for a yes, and tells that the restore begins. */
async function begin(run: RestoreRun, target: string): Promise<void> {
  const { operation, copy, groups, planned } = run;
  const { consent, way } = run.request;
  await checkCommands(planned, operation.host.environment);
  const execs = planned.flatMap((one) => one.execs);
  await learnKnown(operation, copy.task, execs);
  await requireSecrets(operation, copy.task, execs);
  const question = way.type === 'apply' ? applyQuestion(copy, groups) : undefined;
  const unknown = await obtainConsent(consent, { planned, question });
  if (unknown.length > 0)
    operation.emit({ type: 'warning', message: NOBODY_KNOWS, details: unknown });
  operation.signal.throwIfAborted();
  const { prefix, stored } = copy;
  const objects = planned.length;
  operation.emit({ type: 'restore-started', prefix, source: stored.location, target, objects });
}
