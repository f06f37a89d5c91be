/** Characters that mean nothing to any shell, wherever in a word they stand. */
const HARMLESS = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** The text as one word of a POSIX shell (XCU 2.2.2: nothing but the quote itself is special between single quotes). */
export function quoteForShell(text: string): string {
  if (HARMLESS.test(text)) return text;
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
