/**
 * The line of a manifest that brings an object back without palhm: `gpg --decrypt <all.sql.zst.gpg | zstd -dc`.
 *
 * The first stage of a pipeline makes the data, the others are filters. The filters are undone from the last backwards,
 * and no further than the first that has no inverse. What the line writes is then what that filter wrote.
 */
import { quoteForShell } from '../units/shell-quote.js';
import type { ManifestStage } from './manifest.js';

/**
 * A line for `sh`, to be run in the directory of the copy. The object is read by a redirection, so a name that begins
 * with a dash is no option. A reference such as `${credential:x}` stays as it is, in quotes: the program then says that
 * it cannot use it, where a shell would have put nothing in its place.
 */
export function restoreLine(object: {
  readonly path: string;
  readonly volumes?: readonly string[];
  readonly stages: readonly Pick<ManifestStage, 'inverse'>[];
  /** A command that writes its stored bytes; undefined when they are files in the directory of the copy. */
  readonly fetch?: string | undefined;
}): string {
  const inverses = listInverses(object.stages);
  if (object.fetch !== undefined) {
    return [object.fetch, ...inverses.map((argv) => quoteCommand(argv))].join(' | ');
  }
  if (object.volumes !== undefined) {
    const joined = ['cat', '--', ...object.volumes];
    return [joined, ...inverses].map((argv) => quoteCommand(argv)).join(' | ');
  }
  const [first = ['cat'], ...others] = inverses;
  const decoder = `${quoteCommand(first)} <${quoteForShell(object.path)}`;
  return [decoder, ...others.map((argv) => quoteCommand(argv))].join(' | ');
}

/** What undoes the filters, in the order in which it runs. */
export function listInverses(
  stages: readonly Pick<ManifestStage, 'inverse'>[],
): readonly (readonly string[])[] {
  const inverses: (readonly string[])[] = [];
  for (const { inverse } of stages.slice(1).toReversed()) {
    if (inverse === null) {
      break;
    }
    inverses.push(inverse);
  }
  return inverses;
}

function quoteCommand(argv: readonly string[]): string {
  const [program = '', ...parameters] = argv.map((word) => quoteForShell(word));
  // A first word with a bare "=" would be an assignment.
  const isAssignment = program.includes('=') && !program.startsWith("'");
  return [isAssignment ? `'${program}'` : program, ...parameters].join(' ');
}
