/**
 * Keeps secrets out of what leaves palhm. One redactor serves a whole operation, because a program may print the secrets of
 * another one.
 *
 * It looks for the first characters of all secrets with one expression, and compares the rest where they are found: so its
 * work grows with the text, not with the number of secrets. A long secret is many short ones: a part of it is a secret, too,
 * and whoever cuts a text before it is redacted, or shows a stream in pieces, may cut through one of them, not through all.
 */

import { type Form, formsOf, plain, readingsOf } from './secret-forms.js';

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
  const printed = createDictionary();
  const escaped = createDictionary();
  return {
    learn(secret, reference) {
      const why = secret === '' ? undefined : (whyUnsafe(secret) ?? whyLinesUnsafe(secret));
      if (why !== undefined && !unsafe.has(reference)) {
        unsafe.add(reference);
        onUnsafe(reference, why);
      }
      if (known.has(secret)) return;
      known.add(secret);
      // A text may be redacted twice, and a path in a reference may hold a secret.
      if (reference.length >= SHORTEST_SECRET) {
        printed.add({ text: reference, by: reference });
        escaped.add({ text: plain(reference), by: reference });
      }
      for (const part of partsOf(secret)) {
        const pieces = piecesOf(part);
        const entry = { by: reference, isPiece: pieces.length > 1 };
        for (const piece of pieces) {
          escaped.add({ ...entry, text: plain(piece) });
          const forms = formsOf(piece).filter(({ text }) => whyUnsafe(text) === undefined);
          for (const form of forms) printed.add({ ...entry, ...form });
        }
      }
    },
    redact(text) {
      const matches = printed.find(text);
      for (const { text: clear, origins } of escaped.isEmpty() ? [] : readingsOf(text))
        for (const { start, end, entry } of escaped.find(clear))
          matches.push({ start: origins[start] ?? 0, end: origins[end] ?? text.length, entry });
      return replaceAll(text, matches);
    },
  };
}

interface Entry extends Form {
  /** What stands for it. */
  readonly by: string;
  readonly isPiece?: boolean;
}

interface Match {
  readonly start: number;
  readonly end: number;
  readonly entry: Entry;
}

interface Dictionary {
  readonly isEmpty: () => boolean;
  readonly add: (entry: Entry) => void;
  /** In the order of their starts. They may overlap. */
  readonly find: (text: string) => Match[];
}

function createDictionary(): Dictionary {
  const entries = new Map<string, Entry>();
  /** By the first characters: how long the texts are. The longest first: a secret may begin like a longer one. */
  const lengths = new Map<string, readonly number[]>();
  let heads: RegExp | undefined;
  return {
    isEmpty: () => entries.size === 0,
    add(entry) {
      const { text } = entry;
      if (entries.has(text)) return;
      entries.set(text, entry);
      const head = text.slice(0, SHORTEST_SECRET);
      const others = lengths.get(head) ?? [];
      if (others.length === 0) heads = undefined;
      if (others.includes(text.length)) return;
      lengths.set(
        head,
        [...others, text.length].toSorted((one, other) => other - one),
      );
    },
    find(text) {
      const matches: Match[] = [];
      if (entries.size === 0) return matches;
      heads ??= new RegExp([...lengths.keys()].map(escapeForRegExp).join('|'), 'g');
      let done = 0;
      heads.lastIndex = 0;
      for (let found = heads.exec(text); found !== null; found = heads.exec(text)) {
        const { index } = found;
        heads.lastIndex = index + 1;
        // Within what is found already, only what goes on behind it counts.
        const further = lengths.get(found[0])?.filter((length) => index + length > done);
        const candidates = further?.map((length) => entries.get(text.slice(index, index + length)));
        const entry = candidates?.find((one) => one !== undefined && isWhole(text, index, one));
        if (entry === undefined) continue;
        const match = spanOf(text, index, entry);
        matches.push(match);
        done = match.end;
      }
      return matches;
    },
  };
}

function spanOf(text: string, index: number, entry: Entry): Match {
  const end = index + entry.text.length;
  const { before, behind } = entry.shares ?? { before: false, behind: false };
  const isDigit = (at: number): boolean => /^[\w+/-]$/.test(text.charAt(at));
  return {
    start: before && isDigit(index - 1) ? index - 1 : index,
    end: behind && isDigit(end) ? end + 1 : end,
    entry,
  };
}

/** Of secrets that overlap, all that one of them covers is replaced. Pieces of one secret become one reference. */
function replaceAll(text: string, matches: readonly Match[]): string {
  let clean = '';
  let done = 0;
  let last: string | undefined;
  for (const { start, end, entry } of matches.toSorted(
    (a, b) => a.start - b.start || b.end - a.end,
  )) {
    if (end <= done) continue;
    const { by, isPiece = false } = entry;
    const goesOn = start < done || (isPiece && start === done);
    if (start > done) clean += text.slice(done, start);
    if (!goesOn || by !== last) clean += by;
    last = by;
    done = end;
  }
  return clean + text.slice(done);
}

/** A short secret of letters alone may be a part of a word: `dump` of `mysqldump`. In `-pdump` it is one all the same. */
function isWhole(text: string, index: number, { text: secret, shares }: Entry): boolean {
  if (shares !== undefined || !/^[A-Za-z]{1,7}$/.test(secret)) return true;
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

/** Lines are printed one by one. A bracket, as JSON has it, is no secret. */
function whyLinesUnsafe(secret: string): string | undefined {
  const unsafe = linesOf(secret).flatMap((line, index) =>
    /[\p{L}\p{N}]/u.test(line) && whyUnsafe(line) !== undefined ? [index + 1] : [],
  );
  if (unsafe.length === 0) return undefined;
  const numbers = unsafe.slice(0, MOST_NAMED).join(', ') + (unsafe.length > MOST_NAMED ? ' …' : '');
  return `has lines that are too short or an ordinary word: ${numbers}`;
}

const MOST_NAMED = 10;

function linesOf(secret: string): readonly string[] {
  return secret.split(/\r?\n/).map((line) => line.trim());
}

/** The whole, and its lines: programs print lines. */
function partsOf(secret: string): string[] {
  return [secret, ...linesOf(secret)].filter(
    (part) => whyUnsafe(part) === undefined && !ARMOUR.test(part),
  );
}

/** In no form longer than a line splitter and a tail (tail.ts) hold together: a character of UTF-16 in octal has 12. */
const LONGEST_PIECE = 512;

/** Equally long ones, which do not overlap: what has been replaced is no part of the next. */
function piecesOf(secret: string): readonly string[] {
  const count = Math.ceil(secret.length / LONGEST_PIECE);
  const size = Math.ceil(secret.length / count);
  const pieces: string[] = [];
  for (let at = 0; at < secret.length; ) {
    const isPair = /^[\uDC00-\uDFFF]/.test(secret.charAt(at + size));
    const piece = secret.slice(at, at + size + (isPair ? 1 : 0));
    pieces.push(piece);
    at += piece.length;
  }
  return pieces;
}

/** The first and the last line of a key in PEM are no secret. */
const ARMOUR = /^-----(?:BEGIN|END) [A-Z0-9 ]+-----$/;

function escapeForRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
