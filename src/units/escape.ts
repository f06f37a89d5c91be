/**
 * Text that is not palhm's own, made harmless: what a config, a manifest, a host, a store or a program brings. Whatever is printed,
 * in words or as JSON, goes through here.
 */

/** Controls (C0, C1), invisible format characters, lone surrogates and the line separators of Unicode. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\n', String.raw`\n`],
  ['\r', String.raw`\r`],
  ['\t', String.raw`\t`],
]);

/** The text on one line, without control of the terminal: unprintable characters become `\n`, `\x1b`, `\u{202e}`. */
export function escapeControls(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    return (
      SHORT_ESCAPES.get(character) ?? (code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`)
    );
  });
}

/** The same for a line that a program printed, or of a config. Its tabs are kept. */
export function escapeLine(line: string): string {
  return line.split('\t').map(escapeControls).join('\t');
}

/** The same for a text of several lines, all of one origin. Each line becomes one element. */
export function escapeLines(text: string): readonly string[] {
  return text.split('\n').map(escapeLine);
}

/** JSON with the same characters escaped as JSON does it. Line breaks between its values are kept. */
export function escapeJson(json: string): string {
  return json.replace(UNPRINTABLE, (character) =>
    character === '\n'
      ? character
      : Array.from({ length: character.length }, (_, index) => {
          return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
        }).join(''),
  );
}
