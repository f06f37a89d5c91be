/** Plans what a drill restores, before anything starts. */
import type { DrillRestorePlan, ExecPlan } from '../../config/plan/plan.js';
import { loadShippedPlan } from '../../config/shipped.js';
import type { Manifest, ManifestObject } from '../../copy/manifest.js';
import { Failure } from '../../failure/failure.js';
import { quoteForShell } from '../../units/shell-quote.js';
import { planDecoding } from '../objects/decoding.js';
import { collectKnownInverses, type KnownInverses } from '../objects/known-inverses.js';
import type { DrillSubject } from './drill-run.js';

export interface PlannedRestore {
  readonly object: ManifestObject;
  /** What undoes its filters. */
  readonly decoding: readonly ExecPlan[];
  /** What the drill then runs it through. */
  readonly pipeline: readonly ExecPlan[];
}

/** Failure DRILL_FAILED when the copy lacks what the drill needs; MANIFEST_INVALID, SIGNATURE_INVALID. */
export async function planRestores(subject: DrillSubject): Promise<readonly PlannedRestore[]> {
  const { operation, drill, stored, prefix } = subject;
  const manifest = await stored.manifest();
  if (manifest === undefined) throw noManifest(prefix);
  const known = collectKnownInverses(operation.plan, await loadShippedPlan(operation.plans));
  return drill.restore.map((restore) => planRestore(restore, manifest, known));
}

function planRestore(
  { object: path, pipeline, place }: DrillRestorePlan,
  manifest: Manifest,
  known: KnownInverses,
): PlannedRestore {
  const object = manifest.objects.find((one) => one.path === path);
  if (object === undefined)
    throw new Failure({
      code: 'DRILL_FAILED',
      message: `the copy has no object ${JSON.stringify(path)}, which the drill restores`,
      hint: 'was it added to the task after this copy? then drill a newer one',
      place,
    });
  const { execs, unknown } = planDecoding(object, { known, task: manifest.task });
  if (unknown.length > 0) throw unknownCommand(object, unknown);
  return { object, decoding: execs, pipeline };
}

/** Others may be able to write a manifest: a drill runs only commands that the config knows. */
function unknownCommand(
  { path }: ManifestObject,
  unknown: readonly (readonly string[])[],
): Failure {
  return new Failure({
    code: 'DRILL_FAILED',
    message: `the manifest undoes a filter of object ${JSON.stringify(path)} by a command that is not in the config`,
    details: unknown.map((argv) => `| ${argv.map(quoteForShell).join(' ')}`),
    hint: 'if it is yours, give it as the "inverse" of an exec; if not, somebody has changed the manifest',
  });
}

function noManifest(prefix: string): Failure {
  return new Failure({
    code: 'DRILL_NOT_PREPARED',
    message: `copy ${prefix} has no manifest: nothing says how it is decoded`,
    hint: 'drill a copy that this palhm has made',
  });
}
