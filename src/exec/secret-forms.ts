/** The forms in which programs print a secret. doc/operation.md promises them. */

export interface Form {
  readonly text: string;
  /** In Base64: whether the digit before it, and the one behind it, hold bits of the secret, too. */
  readonly shares?: { readonly before: boolean; readonly behind: boolean };
}

/** As it is, in the quotes of a shell, and in Base64, whatever stands before it, as in `user:password`. */
export function formsOf(secret: string): readonly Form[] {
  if (/\p{Surrogate}/u.test(secret)) return [{ text: secret }];
  const texts = new Set([
    secret,
    secret.replaceAll("'", String.raw`'\''`),
    // Dash joins quotes in a row, and opens no others behind the last one.
    secret.replaceAll(/'+/g, `'"$&"'`).replace(/"'$/, '"'),
    secret.replaceAll("'", `'"'"'`),
  ]);
  return [
    ...[...texts].map((text) => ({ text })),
    ...[0, 1, 2].flatMap((n) => inBase64(secret, n)),
  ];
}

/** The digits of Base64 that hold nothing of what stands before (so many bytes of a group of three) or behind. */
function inBase64(part: string, before: number): Form[] {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(part)]);
  const first = Math.ceil((before * 8) / 6);
  const last = Math.floor((bytes.length * 8) / 6);
  const digits = bytes.toString('base64').slice(first, last);
  const shares = { before: before > 0, behind: bytes.length % 3 > 0 };
  const forUrl = digits.replaceAll('+', '-').replaceAll('/', '_');
  return [...new Set([digits, forUrl])].map((text) => ({ text, shares }));
}

/**
 * A text in which what programs have escaped is as it was: what they escape is their choice, so the forms cannot be listed.
 * To be compared with the `plain` of a secret.
 */
export interface Reading {
  readonly text: string;
  /** Where each UTF-16 unit comes from, and the end. */
  readonly origins: readonly number[];
}

/** The text as an URL or a form, and as JSON or words of a shell, where it has anything of that kind. */
export function readingsOf(text: string): readonly Reading[] {
  const readings = [];
  if (/%[\da-fA-F]{2}|\+/.test(text)) readings.push(read(text, PERCENT));
  if (text.includes('\\')) readings.push(read(text, BACKSLASH));
  return readings;
}

/** What is not ASCII as its bytes, which may be escaped one by one. A form has `+` for a blank. */
export function plain(text: string): string {
  return text.replaceAll(/[^\0-\x7f]/gu, inBytes).replaceAll('+', ' ');
}

const OTHER = String.raw`[+]|[^\0-\x7f]`;
const PERCENT = new RegExp(String.raw`%[\da-fA-F]{2}|${OTHER}`, 'gu');
/** A pair of UTF-16 units or one, as of JSON; a byte in hexadecimal or octal; a control character or any other sign. */
const BACKSLASH = new RegExp(
  String.raw`\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}|\\[0-3][0-7]{2}|\\.|${OTHER}`,
  'gsu',
);
const CONTROLS = new Map(
  Array.from('abtnvfreE', (letter, at) => [letter, '\x07\b\t\n\v\f\r\x1b\x1b'.charAt(at)]),
);

function read(text: string, escapes: RegExp): Reading {
  let clear = '';
  let end = 0;
  const origins: number[] = [];
  for (const { 0: escape, index } of text.matchAll(escapes)) {
    clear += text.slice(end, index);
    while (end < index) origins.push(end++);
    const sign = unescape(escape);
    clear += sign;
    for (const _ of sign) origins.push(index);
    end = index + escape.length;
  }
  clear += text.slice(end);
  while (end <= text.length) origins.push(end++);
  return { text: clear, origins };
}

function unescape(escape: string): string {
  const digits = escape.slice(2);
  if (escape.startsWith('%')) return ofByte(Number.parseInt(escape.slice(1), 16));
  if (!escape.startsWith('\\')) return plain(escape);
  if (/^\\x./.test(escape)) return ofByte(Number.parseInt(digits, 16));
  if (/^\\\d../.test(escape)) return ofByte(Number.parseInt(escape.slice(1), 8));
  if (escape.startsWith('\\u') && digits !== '')
    return plain(
      escape.replaceAll(/\\u(.{4})/g, (_, unit: string) =>
        String.fromCharCode(Number.parseInt(unit, 16)),
      ),
    );
  const sign = escape.slice(1);
  return plain(CONTROLS.get(sign) ?? sign);
}

function ofByte(byte: number): string {
  return byte < 0x80 ? plain(String.fromCharCode(byte)) : inHex(byte);
}

function inBytes(sign: string): string {
  return [...Buffer.from(sign)].map(inHex).join('');
}

function inHex(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
