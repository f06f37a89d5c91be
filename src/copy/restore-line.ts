/**
 * The line of a manifest that restores an object without palhm: `gpg --decrypt <all.sql.zst.gpg | zstd -dc`.
 *
 * The first stage of a pipeline makes the data, the others are filters. The line undoes the filters, beginning with the
 * last. It stops at a filter without an inverse: the line then writes the output of that filter.
 */
import { quoteForShell } from '../units/shell-quote.js';
import type { ManifestStage } from './manifest.js';

/** What a line is made of. */
export interface RestorableObject {
  readonly path: string;
  readonly volumes?: readonly string[] | undefined;
  readonly stages: readonly Pick<ManifestStage, 'inverse'>[];
}

/**
 * A line for `sh`, to be run in the directory of the copy, wherever that is or is fetched to. The object is read by a
 * redirection, so a name that begins with a dash is no option. A reference such as `${credential:x}` stays as it is, in
 * quotes: the program then says that it cannot use it, where a shell would have put nothing in its place.
 */
export function restoreLine(object: RestorableObject): string {
  return lineThrough(object, listInverses(object.stages));
}

/** Where the stored bytes of an object are. */
export interface Bytes {
  readonly path: string;
  readonly volumes?: readonly string[] | undefined;
  /** A command that writes them; undefined when they are files in the directory of the copy. */
  readonly fetch?: string | undefined;
}

/** A line that pipes the stored bytes through these commands. Without commands it writes the stored bytes. */
export function lineThrough(
  { path, volumes, fetch }: Bytes,
  commands: readonly (readonly string[])[],
): string {
  if (fetch !== undefined)
    return [fetch, ...commands.map((argv) => quoteCommand(argv))].join(' | ');
  if (volumes !== undefined) {
    const joined = ['cat', '--', ...volumes];
    return [joined, ...commands].map((argv) => quoteCommand(argv)).join(' | ');
  }
  const [first = ['cat'], ...others] = commands;
  const decoder = `${quoteCommand(first)} <${quoteForShell(path)}`;
  return [decoder, ...others.map((argv) => quoteCommand(argv))].join(' | ');
}

/**
 * Whether the line of a manifest is what the stages of its object make of it; otherwise somebody has written another into
 * the manifest. In manifests of earlier versions the line of an object in a bucket begins with the command that fetches it.
 */
export function followsFromStages(
  object: RestorableObject & { readonly restore: string },
): boolean {
  const { restore } = object;
  if (restore === restoreLine(object)) return true;
  const tail = listInverses(object.stages)
    .map((argv) => ` | ${quoteCommand(argv)}`)
    .join('');
  return restore.endsWith(tail) && FETCH.test(restore.slice(0, restore.length - tail.length));
}

/** One or more `aws s3 cp`. No word in them can be anything but an argument to a shell, whoever wrote the line. */
const FETCH = ((): RegExp => {
  const word = String.raw`(?:[A-Za-z0-9_@%+=:,./-]|'[^']*'|\\')+`;
  const copying = `aws s3 cp ${word} -(?: ${word})*`;
  return new RegExp(`^(?:${copying}|\\{ ${copying}(?: && ${copying})*; \\})$`);
})();

/** The commands that undo the filters, in the order in which they run. */
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
  // A shell takes a first word with an unquoted "=" as an assignment.
  const isAssignment = program.includes('=') && !program.startsWith("'");
  return [isAssignment ? `'${program}'` : program, ...parameters].join(' ');
}
