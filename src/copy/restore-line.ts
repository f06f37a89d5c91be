/**
 * The line of a manifest that brings an object back without palhm: `gpg --decrypt <all.sql.zst.gpg | zstd -dc`.
 *
 * The first stage of a pipeline makes the data, the others are filters. The filters are undone from the last backwards,
 * and no further than the first that has no inverse. What the line writes is then what that filter wrote.
 */
import type { ManifestStage } from './manifest.js';

/** Characters that mean nothing to a POSIX shell (XCU 2.2 Quoting), wherever they stand in an argument. */
const PLAIN = /^[\w./:@%+,=-]+$/;

/**
 * A line for `sh`, to be run in the directory of the copy. The object is read by a redirection, so a name that begins
 * with a dash is no option. A reference such as `${credential:x}` stays as it is, in quotes: the program then says that
 * it cannot use it, where a shell would have put nothing in its place.
 */
export function restoreLine(object: {
  readonly path: string;
  readonly stages: readonly Pick<ManifestStage, 'inverse'>[];
}): string {
  const [first = ['cat'], ...others] = listInverses(object.stages);
  const decoder = `${quoteCommand(first)} <${quoteWord(object.path)}`;
  return [decoder, ...others.map((argv) => quoteCommand(argv))].join(' | ');
}

function listInverses(
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
  const [program = '', ...parameters] = argv.map((word) => quoteWord(word));
  // A first word with a bare "=" would be an assignment.
  const isAssignment = program.includes('=') && !program.startsWith("'");
  return [isAssignment ? `'${program}'` : program, ...parameters].join(' ');
}

/** Within single quotes every character is itself, a newline too; a single quote itself has to stand outside them. */
function quoteWord(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
