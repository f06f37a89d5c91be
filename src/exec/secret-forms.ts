/** The forms in which programs print a secret. doc/operation.md promises them. */

/** Base64 of a part of a word is no word. */
const SHORTEST_BASE64 = 6;

/** As it is; as a shell, a URL, a form and JSON have it; in Base64, whatever stands before it, as in `user:password`. */
export function formsOf(secret: string): ReadonlySet<string> {
  if (/\p{Surrogate}/u.test(secret)) return new Set([secret]);
  return new Set([
    secret,
    ...inShell(secret),
    ...inUrl(secret),
    ...inJson(secret),
    ...[0, 1, 2].flatMap((before) => inBase64(secret, before)),
  ]);
}

/** Single quotes as of bash and of dash; double ones, as of `declare -p`; backslashes, as of `printf %q`; `$'…'` of bash. */
function inShell(secret: string): string[] {
  const backslashed = secret.replaceAll(/[\t !"$&'()*,;<>?[\\\]^`{|}]/g, String.raw`\$&`);
  const inAnsi = secret.replaceAll(/[\\'\p{Cc}]/gu, escapeForAnsi);
  return [
    secret.replaceAll("'", String.raw`'\''`),
    secret.replaceAll("'", `'"'"'`),
    secret.replaceAll(/[$`"\\]/g, String.raw`\$&`),
    // # and ~ are special at the start of a word, ~ also behind these signs.
    ...[backslashed, backslashed.replaceAll(/(?<=[:=])~/g, String.raw`\~`)].flatMap((text) => [
      text,
      text.replace(/^[#~]/, String.raw`\$&`),
    ]),
    inAnsi,
    inAnsi.replaceAll(/[^\p{ASCII}]/gu, toOctal),
  ];
}

const NAMED_CONTROLS = new Map(
  Array.from('\u0007\b\t\n\v\f\r\u001b', (sign, index) => [sign, `\\${'abtnvfrE'.charAt(index)}`]),
);

function escapeForAnsi(sign: string): string {
  if (sign === '\\' || sign === "'") return `\\${sign}`;
  return NAMED_CONTROLS.get(sign) ?? toOctal(sign);
}

function toOctal(sign: string): string {
  return [...Buffer.from(sign)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

/** What may stay as it is differs, and so do the digits. */
function inUrl(secret: string): string[] {
  const component = encodeURIComponent(secret);
  const strict = component.replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const form = new URLSearchParams([['', secret]]).toString().slice(1);
  const upper = [component, strict, form, strict.replaceAll('%2F', '/'), encodeURI(secret)];
  return upper.flatMap((text) => [
    text,
    text.replaceAll(/%[\dA-F]{2}/g, (digits) => digits.toLowerCase()),
  ]);
}

/** With signs beyond ASCII as they are or as numbers, with or without an escape for the slash and for the signs of HTML. */
function inJson(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const asNumbers = json.replaceAll(/[^ -~]/g, toJsonNumber);
  const forHtml = /[<>&\u2028\u2029]/g;
  const forms = [json, asNumbers, json.replaceAll(forHtml, toJsonNumber)];
  return [...forms, asNumbers.replaceAll(forHtml, toJsonNumber)].flatMap((text) => [
    text,
    text.replaceAll('/', String.raw`\/`),
    text.replaceAll(/(?<=\\u)[\da-f]{4}/g, (digits) => digits.toUpperCase()),
  ]);
}

/** Of one UTF-16 unit. */
function toJsonNumber(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The digits of Base64 that hold nothing of what stands before (so many bytes of a group of three) or behind. */
function inBase64(part: string, before: number): string[] {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(part)]);
  const first = Math.ceil((before * 8) / 6);
  const last = Math.floor((bytes.length * 8) / 6);
  const digits = bytes.toString('base64').slice(first, last);
  if (digits.length < SHORTEST_BASE64) return [];
  return [digits, digits.replaceAll('+', '-').replaceAll('/', '_')];
}
