/** The whole way back: into the database, the directory or whatever else the object came from. */
import { renderCommand } from '../../config/plan/render-value.js';
import { Failure } from '../../failure/failure.js';
import { execFor, type Inverses, literalExec } from '../objects/decoding.js';
import type { PlannedObject } from './planned-object.js';
import type { CopyObject, Recipe } from './source.js';

/** Takes the object's own `restore`, else the inverse of every stage. Failure NOT_RESTORABLE. */
export function planApplying(
  object: CopyObject,
  recipe: Recipe,
  { known, task }: Inverses,
): PlannedObject {
  const commands = commandsToApply(object.path, recipe);
  const count = commands.length;
  const found = commands.map((argv, index) => {
    const isDeclared = recipe.apply !== undefined;
    const role = isDeclared || index === count - 1 ? 'source' : 'filter';
    if (role === 'source' && known.isAmbiguous({ argv, role, task, object: object.path }))
      throw ambiguous(object.path, argv);
    const { exec, isKnown } = execFor(argv, { known, task, object, role });
    return { argv, exec, isKnown };
  });
  return {
    object,
    execs: found.map(({ exec }) => exec),
    unknown: found.filter(({ isKnown }) => !isKnown).map(({ argv }) => argv),
    goal: { path: object.path, kind: 'file' },
  };
}

/** In the order in which they run. Failure NOT_RESTORABLE. */
function commandsToApply(path: string, { apply, stages }: Recipe): readonly (readonly string[])[] {
  if (apply !== undefined && apply.length > 0) return apply;
  if (stages.length === 0) throw noWayBack(path, 'its manifest has no stages');
  return stages.toReversed().map(({ argv, inverse }, index) => {
    if (inverse !== null) return inverse;
    const command = renderCommand(literalExec(argv).argv);
    throw noWayBack(path, `stage ${stages.length - index}, ${command}, has no inverse`);
  });
}

/** Its bytes would go to whichever of them comes first. */
function ambiguous(path: string, argv: readonly string[]): Failure {
  return new Failure({
    code: 'NOT_RESTORABLE',
    message: `object "${path}" is brought back by a command that the config in use has with several environments, users or directories, and none of them for this object: ${renderCommand(literalExec(argv).argv)}`,
    details: ['Nothing was run.'],
    hint: 'name the config that made the copy with -f, give the object in it its old path, or take the file with --to or --stdout and bring it back by hand',
  });
}

function noWayBack(path: string, why: string): Failure {
  return new Failure({
    code: 'NOT_RESTORABLE',
    message: `object "${path}" cannot be brought back to where it came from: ${why}`,
    details: ['Nothing was run.'],
    hint: 'take it as a file with --to or --stdout; for later copies give the object a "restore" in the config, or the stage an "inverse"',
  });
}
