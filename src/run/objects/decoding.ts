/** How the filters of an object are undone: which commands, in which order, and what their output is called. */
import type { ExecPlan } from '../../config/plan/plan.js';
import { decodedPath } from '../../copy/decoded-path.js';
import type { ManifestObject } from '../../copy/manifest.js';
import { listInverses } from '../../copy/restore-line.js';
import type { Place } from '../../failure/failure.js';
import type { InverseRole, KnownInverses } from './known-inverses.js';

export interface Decoding {
  /** From the stored bytes on. None: the stored bytes are what there is. */
  readonly execs: readonly ExecPlan[];
  /** The name of what comes out: `root.tar` for `root.tar.zst.pgp`. */
  readonly path: string;
  /** The commands among them that no config knows: to be shown, and run only after a yes. */
  readonly unknown: readonly (readonly string[])[];
}

export type StagedObject = Pick<ManifestObject, 'path' | 'stages'>;

export interface Inverses {
  readonly known: KnownInverses;
  /** The task that made the copy. */
  readonly task: string;
}

/** Undoes the filters as far as they have inverses. */
export function planDecoding(object: StagedObject, inverses: Inverses): Decoding {
  const commands = listInverses(object.stages);
  const execs = commands.map((argv) => toExec(argv, { ...inverses, object, role: 'filter' }));
  return {
    execs: execs.map(({ exec }) => exec),
    path: decodedPath(object.path, commands.length),
    unknown: commands.filter((_, index) => execs[index]?.isKnown === false),
  };
}

interface Wanted extends Inverses {
  readonly object: Pick<StagedObject, 'path'>;
  readonly role: InverseRole;
}

/** As the config runs the command, else word for word as the manifest has it. */
export function toExec(
  argv: readonly string[],
  { known, task, object, role }: Wanted,
): { readonly exec: ExecPlan; readonly isKnown: boolean } {
  const exec = known.find({ argv, role, task, object: object.path });
  if (exec !== undefined) return { exec, isKnown: true };
  return { exec: literalExec(argv), isKnown: false };
}

const PLACE: Place = { file: 'the manifest', line: 1, column: 1 };

/** Verbatim, without a shell. References to secrets stay what they are: words that no program understands. */
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
