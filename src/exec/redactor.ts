/**
 * Keeps secrets out of what leaves palhm. One redactor serves a whole operation, because a program may print the secrets of
 * another one.
 *
 * It looks for the first characters of all secrets with one expression, and compares the rest where they are found: so its
 * work grows with the text, not with the number of secrets, and no secret is too long for it.
 */

import { formsOf } from './secret-forms.js';

/** Replaces secrets, and each line of a secret, in texts. */
export interface Redactor {
  /** From now on the reference stands for the secret, and for the forms in which programs print it. May be called again. */
  readonly learn: (secret: string, reference: string) => void;
  readonly redact: (text: string) => string;
}

/** Called once for a secret that cannot be replaced, with the reason. */
type OnUnsafe = (reference: string, why: string) => void;

/** Replacing shorter secrets would damage ordinary words. */
const SHORTEST_SECRET = 4;

/** Words of which logs are full: nobody could read one in which they are replaced. In lower case. */
const ORDINARY = new Set(
  `true false null none root user users admin administrator guest test testing demo example default public private local
  localhost password passwd passphrase secret token login auth name host server client service system process mysql mariadb
  postgres postgresql redis mongodb oracle sqlite backup backups restore restored dump copy copied object objects stage task
  file files directory path data database databases table tables rows lines bytes size total time start started stop stopped
  finish finished complete completed success successful fail failed failure error errors warning warnings done info debug
  opened close closed read reading write writing connect connected connection daily weekly monthly full`.split(
    /\s+/,
  ),
);

export function createRedactor(onUnsafe: OnUnsafe = () => {}): Redactor {
  const known = new Set<string>();
  const unsafe = new Set<string>();
  const dictionary: Dictionary = { replacements: new Map(), lengths: new Map() };
  let heads: RegExp | undefined;
  const add = (text: string, by: string): void => {
    const { replacements, lengths } = dictionary;
    if (replacements.has(text)) return;
    replacements.set(text, by);
    const head = text.slice(0, SHORTEST_SECRET);
    const others = lengths.get(head) ?? [];
    if (!others.includes(text.length))
      lengths.set(
        head,
        [...others, text.length].toSorted((one, other) => other - one),
      );
    if (others.length === 0) heads = undefined;
  };
  return {
    learn(secret, reference) {
      const why = secret === '' ? undefined : whyUnsafe(secret);
      if (why !== undefined && !unsafe.has(reference)) {
        unsafe.add(reference);
        onUnsafe(reference, why);
      }
      if (known.has(secret)) return;
      known.add(secret);
      // A text may be redacted twice, and a path in a reference may hold a secret.
      if (reference.length >= SHORTEST_SECRET) add(reference, reference);
      for (const part of partsOf(secret)) for (const form of formsOf(part)) add(form, reference);
    },
    redact(text) {
      if (dictionary.lengths.size === 0) return text;
      heads ??= new RegExp([...dictionary.lengths.keys()].map(escapeForRegExp).join('|'), 'g');
      return replaceAll(text, heads, dictionary);
    },
  };
}

interface Dictionary {
  /** What stands for each text. */
  readonly replacements: Map<string, string>;
  /** By the first characters of these texts: how long they are. The longest first: a secret may begin like a longer one. */
  readonly lengths: Map<string, readonly number[]>;
}

/** Of secrets that overlap, all that one of them covers is replaced. */
function replaceAll(text: string, heads: RegExp, { replacements, lengths }: Dictionary): string {
  let clean = '';
  let done = 0;
  let last: string | undefined;
  heads.lastIndex = 0;
  for (let found = heads.exec(text); found !== null; found = heads.exec(text)) {
    const { index } = found;
    heads.lastIndex = index + 1;
    // Within what is replaced already, only what goes on behind it counts.
    const further = lengths.get(found[0])?.filter((length) => index + length > done);
    const candidates = further?.map((length) => text.slice(index, index + length));
    const match = candidates?.find((one) => replacements.has(one) && isWhole(text, index, one));
    if (match === undefined) continue;
    const by = replacements.get(match) ?? '';
    if (index >= done) clean += text.slice(done, index) + by;
    else if (by !== last) clean += by;
    last = by;
    done = index + match.length;
  }
  return clean + text.slice(done);
}

/** A short secret of letters alone may be a part of a word: `dump` of `mysqldump`. In `-pdump` it is one all the same. */
function isWhole(text: string, index: number, secret: string): boolean {
  if (!/^[A-Za-z]{1,7}$/.test(secret)) return true;
  const end = index + secret.length;
  const before = text.slice(Math.max(0, index - 3), index);
  const isWordStart = /(?:^|[^A-Za-z])(?:-[A-Za-z])?$/.test(before);
  return isWordStart && !/^[A-Za-z]/.test(text.slice(end, end + 1));
}

/** Why texts would be damaged if this were replaced in them. It follows the name of the secret. */
export function whyUnsafe(secret: string): string | undefined {
  if (secret.length < SHORTEST_SECRET) return `has fewer than ${SHORTEST_SECRET} characters`;
  if (ORDINARY.has(secret.toLowerCase())) return 'is an ordinary word';
  if (/^\d{1,5}$/.test(secret)) return 'is a short number';
  return /^(.)\1*$/s.test(secret) ? 'is one character, repeated' : undefined;
}

/** The whole, and its lines: programs print lines. */
function partsOf(secret: string): string[] {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  return [secret, ...lines].filter((part) => whyUnsafe(part) === undefined && !ARMOUR.test(part));
}

/** The first and the last line of a key in PEM are no secret. */
const ARMOUR = /^-----(?:BEGIN|END) [A-Z0-9 ]+-----$/;

function escapeForRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
