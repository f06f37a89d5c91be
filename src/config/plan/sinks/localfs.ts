/** The localfs backend and its parameters. */
import { basename, dirname, resolve } from 'node:path';
import type { RetentionPolicy } from '../../../copy/policy.js';
import type { PrefixFormat } from '../../../copy/prefix.js';
import { RECORD_NAMES } from '../../../copy/records.js';
import { parseSize } from '../../../units/bytes.js';
import type { Parsed } from '../../../units/parsed.js';
import { type Cursor, child, exactText, parseAt } from '../../check/cursor.js';
import type { LocalfsTask } from '../../check/types.gen.js';
import type { Problems } from '../../read/diagnostics.js';
import type { PathLimit } from '../object-path.js';
import { KEEP_EVERYTHING, resolvePrefix, resolveRetention } from '../retention.js';

export interface LocalfsPlan {
  readonly type: 'localfs';
  /** Absolute. */
  readonly root: string;
  /** Permission bits of new directories and files. The umask does not apply. */
  readonly directoryMode: number;
  readonly fileMode: number;
  /** Bytes that have to be free before a copy is begun; undefined: as many as the newest has. */
  readonly minFree: number | undefined;
  readonly prefix: PrefixFormat;
  readonly retention: RetentionPolicy;
}

export function resolveLocalfs(
  task: Cursor<LocalfsTask>,
  problems: Problems,
): LocalfsPlan | undefined {
  const at = child(task, 'backend-param', problems);
  if (at === undefined) return undefined;
  const retention = resolveRetention(at, problems);
  const given = child(at, 'root', problems);
  const parse = (text: string) => parseRoot(resolve(given?.node.source.directory ?? '/', text));
  const root = parseAt(given, parse, problems);
  if (root === undefined) return undefined;
  if (/^~|\$/.test(given?.value ?? ''))
    problems.warnings.push(
      `the root ${JSON.stringify(given?.value)} is taken as it stands, as ${root}: palhm expands neither ~ nor $`,
    );
  return {
    type: 'localfs',
    root,
    directoryMode: parseAt(child(at, 'dmode', problems), parseDirectoryMode, problems) ?? 0o750,
    fileMode: parseAt(child(at, 'fmode', problems), parseFileMode, problems) ?? 0o640,
    minFree: parseAt(exactText(child(at, 'min-free', problems)), parseSize, problems),
    prefix: resolvePrefix(at, problems),
    retention,
  };
}

/** Without these bits nobody but root could list, verify or restore the copies, nor rotate them. */
function parseMode(text: string, least: number): Parsed<number> {
  const value = Number.parseInt(text, 8);
  if ((value & least) === least) return { ok: true, value };
  return {
    ok: false,
    problem: `keeps their owner from reading copies: it must have ${least.toString(8)}`,
  };
}

const parseDirectoryMode = (text: string): Parsed<number> => parseMode(text, 0o500);
const parseFileMode = (text: string): Parsed<number> => parseMode(text, 0o400);

/** PATH_MAX of Linux (limits.h) without the NUL at its end. */
const LONGEST_PATH = 4095;
const LONGEST_NAME = 255;
/** The hidden directory that a copy is made in has the longest of the names in a root; a UUID has 36 bytes. */
const LONGEST_OWN = '/.palhm-partial.'.length + 36;
/** A record of a copy that is being written. */
const LONGEST_RECORD = `/${RECORD_NAMES.verify}.`.length + 36;

function parseRoot(root: string): Parsed<string> {
  const most = LONGEST_PATH - LONGEST_OWN - LONGEST_RECORD;
  if (Buffer.byteLength(root) > most)
    return { ok: false, problem: `is too long: it may have ${most} bytes` };
  if (root.split('/').some((name) => Buffer.byteLength(name) > LONGEST_NAME))
    return { ok: false, problem: `has a component longer than ${LONGEST_NAME} bytes` };
  return { ok: true, value: root };
}

export function localfsPathLimit({ root }: LocalfsPlan): PathLimit {
  const bytes = LONGEST_PATH - Buffer.byteLength(root) - LONGEST_OWN - 1;
  return {
    bytes,
    because: `Linux takes paths of ${LONGEST_PATH} bytes, and the root is a part of it`,
  };
}

interface LocalfsPlace {
  readonly sink: LocalfsPlan;
  readonly name: string;
}

/** The directory of a copy. */
export function localfsPlaceOf(path: string): LocalfsPlace {
  const directory = resolve(path);
  const sink: LocalfsPlan = {
    type: 'localfs',
    root: dirname(directory),
    directoryMode: 0o700,
    fileMode: 0o600,
    minFree: undefined,
    ...KEEP_EVERYTHING,
  };
  return { sink, name: basename(directory) };
}
