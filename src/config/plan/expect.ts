/** `expect`: conditions for an object. */
import { parseSize } from '../../units/bytes.js';
import type { Parsed } from '../../units/parsed.js';
import { parsePercent } from '../../units/percent.js';
import { type Cursor, child, exactText, isSound, parseAt } from '../check/cursor.js';
import { suggest } from '../check/suggest.js';
import type { Expect, ExpectedText } from '../check/types.gen.js';
import { type Problems, report } from '../read/diagnostics.js';
import type { ExecPlan, ExpectedTextPlan, ExpectPlan } from './plan.js';

/** Undefined when a stage has an error: then no stage is unknown. */
type Pipeline = readonly ExecPlan[] | undefined;

export function resolveExpect(
  at: Cursor<Expect> | undefined,
  pipeline: Pipeline,
  problems: Problems,
): ExpectPlan | undefined {
  if (at === undefined) return undefined;
  const types = ['contains', 'ends-with'] as const;
  return {
    minSize: resolveMinSize(at, problems),
    maxShrink: parseAt(child(at, 'max-shrink', problems), parseShrink, problems),
    maxGrowth: parseAt(child(at, 'max-growth', problems), parsePercent, problems),
    texts: types.flatMap((type) => {
      const expected = child(at, type, problems);
      const found = expected && resolveText(expected, pipeline, problems);
      return found === undefined ? [] : { type, text: found.text, stage: found.stage };
    }),
  };
}

function resolveMinSize(at: Cursor<Expect>, problems: Problems): number | undefined {
  return parseAt(exactText(child(at, 'min-size', problems)), parseSize, problems);
}

function parseShrink(text: string): Parsed<number> {
  const percent = parsePercent(text);
  if (!percent.ok || percent.value <= 100) return percent;
  return { ok: false, problem: 'is more than there is: an object can shrink by 100% at most' };
}

function resolveText(
  { value, node }: Cursor<ExpectedText>,
  pipeline: Pipeline,
  problems: Problems,
): Omit<ExpectedTextPlan, 'type'> | undefined {
  if (!isSound(node, problems)) return undefined;
  if (typeof value === 'string') {
    const text = parseAt({ value, node }, parseText, problems);
    return text === undefined ? undefined : { text, stage: 0 };
  }
  const text = parseAt(child({ value, node }, 'text', problems), parseText, problems);
  const named = child({ value, node }, 'stage', problems);
  const stage = named === undefined ? 0 : findStage(named, pipeline, problems);
  return text === undefined || stage === undefined ? undefined : { text, stage };
}

function parseText(text: string): Parsed<string> {
  if (text.trim() !== '') return { ok: true, value: text };
  return { ok: false, problem: 'is blank: nearly every stream has that' };
}

/** The place in the pipeline of the stage with this id or, when none has it, with a program of this name. */
function findStage(
  named: Cursor<string>,
  pipeline: Pipeline,
  problems: Problems,
): number | undefined {
  if (pipeline === undefined) return undefined;
  const { value: name, node } = named;
  const placesOf = (nameOf: (exec: ExecPlan) => string | undefined): readonly number[] =>
    pipeline.flatMap((exec, index) => (nameOf(exec) === name ? [index] : []));
  const byId = placesOf(({ id }) => id);
  const [place, ...others] = byId.length > 0 ? byId : placesOf(programOf);
  if (place === undefined) {
    const known = [...new Set(pipeline.flatMap((exec) => exec.id ?? programOf(exec)))];
    report(problems, {
      code: 'CONFIG_UNKNOWN_ID',
      message: `No stage of this pipeline has the id "${name}" or runs a program of that name.`,
      hint: suggest(name, known) ?? `Its stages are: ${known.map((one) => `"${one}"`).join(', ')}.`,
      at: node,
    });
    return undefined;
  }
  if (others.length === 0) return place;
  const numbers = [place, ...others].map((index) => index + 1).join(' and ');
  report(problems, {
    code: 'CONFIG_VALUE',
    message: `"${name}" names the stages ${numbers} of this pipeline.`,
    hint: 'Give the one that is meant an exec with an id of its own.',
    at: node,
  });
  return undefined;
}

/** The name of the program without its directory. */
function programOf({ argv: [program] }: ExecPlan): string {
  return program?.type === 'literal' ? program.text.slice(program.text.lastIndexOf('/') + 1) : '';
}
