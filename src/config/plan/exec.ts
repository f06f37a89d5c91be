/** An exec, defined under `execs` or inline. */
import { resolve } from 'node:path';
import { parseCodeRange } from '../../units/code-range.js';
import { parseDuration } from '../../units/duration.js';
import { type Cursor, child, isSound, items, parseAt } from '../check/cursor.js';
import type { Argv, ExecInlineElement, Inverse } from '../check/types.gen.js';
import { type Problems, report } from '../read/diagnostics.js';
import { placeOf } from '../read/source.js';
import type { ExecPlan, InversePlan, IoPriority } from './plan.js';
import { parseSignal } from './signals.js';
import { withSpans } from './spans.js';
import { resolveEnv, resolveValues } from './value.js';

/** What a definition and an inline exec have in common. */
type ExecFields = Omit<ExecInlineElement, 'type'>;

/** Undefined when the exec has an error, which is reported. */
export function resolveExec(
  at: Cursor<ExecFields>,
  id: string | undefined,
  problems: Problems,
): ExecPlan | undefined {
  const argv = resolveProgram(child(at, 'argv', problems), problems);
  const accepted = parseAt(child(at, 'ec', problems), parseCodeRange, problems);
  const cwd = child(at, 'cwd', problems);
  const signals = items(child(at, 'signals', problems), problems);
  const exec: ExecPlan = {
    id,
    place: placeOf(at.node),
    argv: argv?.values ?? [],
    env: resolveEnv(child(at, 'env', problems), problems),
    accepted: accepted ?? { min: 0, max: 0 },
    signals: signals.flatMap((signal) => parseAt(signal, parseSignal, problems) ?? []),
    stdoutLevel: child(at, 'vl-stdout', problems)?.value ?? 3,
    stderrLevel: child(at, 'vl-stderr', problems)?.value ?? 1,
    cwd: cwd === undefined ? undefined : resolve(cwd.node.source.directory, cwd.value),
    timeout: parseAt(child(at, 'timeout', problems), parseDuration, problems),
    nice: child(at, 'nice', problems)?.value,
    ionice: resolveIoPriority(child(at, 'ionice', problems)?.value),
    user: child(at, 'user', problems)?.value,
    inside: child(at, 'in', problems)?.value,
    inverse: resolveInverse(child(at, 'inverse', problems), problems),
  };
  if (argv === undefined || !isSound(at.node, problems)) return undefined;
  const user = child(at, 'user', problems)?.node;
  return withSpans(exec, { program: argv.program, cwd: cwd?.node, user });
}

/** The values of an `argv`, and the node of the program. */
function resolveProgram(at: Cursor<Argv> | undefined, problems: Problems) {
  const values = resolveValues(at, problems);
  const [program] = at?.node.type === 'array' ? at.node.items : [];
  if (at === undefined || program === undefined || !isSound(program, problems)) return undefined;
  const name = at.value[0];
  if (typeof name === 'string' && name !== '') return { values, program };
  report(problems, {
    code: 'CONFIG_VALUE',
    message: 'The first of "argv" is the program: a string that is not empty and not a reference.',
    at: program,
  });
  return undefined;
}

export function resolveInverse(
  at: Cursor<Inverse> | undefined,
  problems: Problems,
): InversePlan | undefined {
  if (at === undefined) return undefined;
  const argv = resolveProgram(child(at, 'argv', problems), problems);
  const env = resolveEnv(child(at, 'env', problems), problems);
  return argv === undefined ? undefined : { argv: argv.values, env };
}

/** The schema has checked the form of the text. */
function resolveIoPriority(text: string | undefined): IoPriority | undefined {
  const [name, level] = text?.split(':') ?? [];
  if (name === 'idle') return { class: 'idle', level: undefined };
  if (name !== 'best-effort' && name !== 'realtime') return undefined;
  // ionice(1): the default level is 4.
  return { class: name, level: level === undefined ? 4 : Number(level) };
}
