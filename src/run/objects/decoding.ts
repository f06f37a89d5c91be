/** Which commands undo the filters of an object, in which order, and the name of what they write. */
import type { ExecPlan } from '../../config/plan/plan.js';
import { decodedPath } from '../../copy/decoded-path.js';
import type { ManifestObject } from '../../copy/manifest.js';
import { listInverses } from '../../copy/restore-line.js';
import type { Place } from '../../failure/failure.js';
import type { InverseRole, KnownInverses } from './known-inverses.js';

export interface Decoding {
  /** What the stored bytes go through, in order. Empty: the stored bytes are the object. */
  readonly execs: readonly ExecPlan[];
  /** The name of the output: `root.tar` for `root.tar.zst.pgp`. */
  readonly path: string;
  /** Those of the commands that no config knows. They are shown, and run only after a yes. */
  readonly unknown: readonly (readonly string[])[];
}

export type EncodedObject = Pick<ManifestObject, 'path' | 'stages'>;

export interface Inverses {
  readonly known: KnownInverses;
  /** The task that made the copy. */
  readonly task: string;
}

/** Undoes the filters as far as they have inverses. */
export function planDecoding(object: EncodedObject, inverses: Inverses): Decoding {
  const commands = listInverses(object.stages);
  const execs = commands.map((argv) => execFor(argv, { ...inverses, object, role: 'filter' }));
  return {
    execs: execs.map(({ exec }) => exec),
    path: decodedPath(object.path, commands.length),
    unknown: commands.filter((_, index) => execs[index]?.isKnown === false),
  };
}

interface ExecRequest extends Inverses {
  readonly object: Pick<EncodedObject, 'path'>;
  readonly role: InverseRole;
}

/** The exec of the config for this command; otherwise the command word for word as the manifest has it. */
export function execFor(
  argv: readonly string[],
  { known, task, object, role }: ExecRequest,
): { readonly exec: ExecPlan; readonly isKnown: boolean } {
  const exec = known.find({ argv, role, task, object: object.path });
  if (exec !== undefined) return { exec, isKnown: true };
  return { exec: literalExec(argv), isKnown: false };
}

const PLACE: Place = { file: 'the manifest', line: 1, column: 1 };

/** Runs the words as they are, without a shell. A reference to a secret is not resolved: no program understands it. */
export function literalExec(argv: readonly string[]): ExecPlan {
  return {
    id: undefined,
    place: PLACE,
    argv: argv.map((text) => ({ type: 'literal', text })),
    env: new Map(),
    accepted: { min: 0, max: 0 },
    signals: [],
    stdoutLevel: 3,
    stderrLevel: 1,
    cwd: undefined,
    timeout: undefined,
    nice: undefined,
    ionice: undefined,
    user: undefined,
    inverse: undefined,
  };
}
