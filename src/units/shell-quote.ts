/** Characters without a special meaning in any shell, at any place in a word. */
const HARMLESS = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** The text as one word of a POSIX shell (XCU 2.2.2: between single quotes only the single quote is special). */
export function quoteForShell(text: string): string {
  if (HARMLESS.test(text)) return text;
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
