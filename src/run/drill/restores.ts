/** What a drill restores, found out before anything is started. */
import type { DrillRestorePlan, ExecPlan } from '../../config/plan/plan.js';
import { loadShippedPlan } from '../../config/shipped.js';
import type { Manifest, ManifestObject } from '../../copy/manifest.js';
import { Failure } from '../../failure/failure.js';
import { quoteForShell } from '../../units/shell-quote.js';
import { planDecoding } from '../objects/decoding.js';
import { type KnownInverses, knowInverses } from '../objects/known-inverses.js';
import type { DrillSubject } from './subject.js';

export interface PlannedRestore {
  readonly object: ManifestObject;
  /** What undoes its filters. */
  readonly decoding: readonly ExecPlan[];
  /** What the drill then puts it through. */
  readonly pipeline: readonly ExecPlan[];
}

/** Failure DRILL_FAILED when the copy lacks what the drill needs; MANIFEST_INVALID, SIGNATURE_INVALID. */
export async function planRestores(subject: DrillSubject): Promise<readonly PlannedRestore[]> {
  const { operation, drill, stored, prefix } = subject;
  const manifest = await stored.manifest();
  if (manifest === undefined) throw withoutManifest(prefix);
  const known = knowInverses(operation.plan, await loadShippedPlan(operation.plans));
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
  if (unknown.length > 0) throw foreign(object, unknown);
  return { object, decoding: execs, pipeline };
}

/** A manifest lies where others may be able to write: a drill runs nobody's commands but those of the config. */
function foreign({ path }: ManifestObject, unknown: readonly (readonly string[])[]): Failure {
  return new Failure({
    code: 'DRILL_FAILED',
    message: `the manifest undoes a filter of object ${JSON.stringify(path)} by a command that is not in the config`,
    details: unknown.map((argv) => `| ${argv.map(quoteForShell).join(' ')}`),
    hint: 'if it is yours, give it as the "inverse" of an exec; if not, somebody has changed the manifest',
  });
}

function withoutManifest(prefix: string): Failure {
  return new Failure({
    code: 'DRILL_NOT_PREPARED',
    message: `copy ${prefix} has no manifest, as those of the original PALHM: nothing says how it is decoded`,
    hint: 'drill a copy that this palhm has made',
  });
}
