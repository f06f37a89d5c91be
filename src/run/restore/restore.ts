/**
 * One restore: the copy is opened, the way back of every object is planned, everything that can be wrong is looked for,
 * somebody says yes where that is needed, and then the objects come back.
 */
import { randomUUID } from 'node:crypto';
import { loadShippedPlan } from '../../config/shipped.js';
import { knowInverses } from '../known-inverses.js';
import type { Operation } from '../operation.js';
import type { ScheduledGroup } from '../schedule.js';
import { askToApply, createApplications } from './apply.js';
import { type PlannedObject, planObjects } from './plan.js';
import type { RestoreRequest } from './request.js';
import { runObjects } from './run-objects.js';
import { orderGroups, selectObjects } from './select.js';
import { openSource, type SourceCopy } from './source.js';
import { restoreToDirectory } from './to-directory.js';
import { bringToStdout, checkStdout } from './to-stdout.js';
import { checkCommands, NOBODY_KNOWS, obtainConsent } from './trust.js';

export async function restore(operation: Operation, request: RestoreRequest): Promise<void> {
  const copy = await openSource(operation, request.source);
  try {
    const selected = selectObjects(copy.objects, request.objects);
    const known = knowInverses(operation.plan, await loadShippedPlan());
    const inverses = { known, task: copy.task };
    const planned = planObjects(selected, { way: request.way, copy, inverses });
    operation.signals.signal.throwIfAborted();
    await carryOut(operation, request, { copy, planned, groups: groupPlanned(copy, planned) });
  } finally {
    await copy.stored.close();
  }
}

interface Prepared {
  readonly copy: SourceCopy;
  readonly planned: readonly PlannedObject[];
  readonly groups: readonly ScheduledGroup<PlannedObject>[];
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

async function carryOut(
  operation: Operation,
  request: RestoreRequest,
  prepared: Prepared,
): Promise<void> {
  const startedAt = performance.now();
  const target = await bringAll(operation, request, prepared);
  const { copy, planned } = prepared;
  const size = planned.reduce((sum, { object }) => sum + object.size, 0);
  const { task, prefix } = copy;
  const durationMs = performance.now() - startedAt;
  const objects = planned.length;
  operation.emit({ type: 'restore-finished', task, prefix, size, objects, durationMs, target });
}

/** Where they went, for people. */
async function bringAll(
  operation: Operation,
  request: RestoreRequest,
  prepared: Prepared,
): Promise<string> {
  const { way } = request;
  const { copy, groups, planned } = prepared;
  const run = { copy, groups, runId: randomUUID() };
  if (way.type === 'directory') {
    const onReady = (target: string): Promise<void> =>
      begin(operation, request, { ...prepared, target });
    return await restoreToDirectory(operation, { ...run, way, planned, onReady });
  }
  if (way.type === 'stdout') {
    checkStdout(planned, way);
    await begin(operation, request, { ...prepared, target: 'stdout' });
    await runObjects(operation, { ...run, bring: bringToStdout });
    return 'stdout';
  }
  const applications = createApplications(operation.plan.verbosity);
  await begin(operation, request, { ...prepared, target: WHENCE });
  try {
    await runObjects(operation, { ...run, bring: applications.bring });
  } catch (error) {
    throw applications.explain(error);
  }
  return WHENCE;
}

const WHENCE = 'where it came from';

/** The last checks, the yes, and the word that it begins. */
async function begin(
  { emit, signals }: Operation,
  { consent, way }: RestoreRequest,
  { copy, groups, planned, target }: Prepared & { readonly target: string },
): Promise<void> {
  await checkCommands(planned);
  const question = way.type === 'apply' ? askToApply(copy, groups) : undefined;
  const unknown = await obtainConsent(consent, { planned, question });
  if (unknown.length > 0) emit({ type: 'warning', message: NOBODY_KNOWS, details: unknown });
  signals.signal.throwIfAborted();
  const { task, prefix, stored } = copy;
  const objects = planned.length;
  const source = stored.location;
  emit({ type: 'restore-started', task, prefix, source, target, objects });
}
