/** A config that is read once and not by its name again: from standard input, or from a pipe that a shell has made. */
import { readSmallFile } from '../../host/small-file.js';
import { formatSize } from '../../units/bytes.js';
import { decodeUtf8 } from '../../units/utf8.js';
import { ConfigErrors, type Finding, toDiagnostic } from './diagnostics.js';
import { findExposures } from './exposure.js';
import { LARGEST_CONFIG, reasonOf } from './include.js';
import type { ConfigSource } from './source.js';

/** `process.stdin`, and what can stand in its place. */
export type Stdin = AsyncIterable<Buffer | string>;

/** The names of palhm's own descriptors. Those of other processes are what others have opened, so they are read as files. */
const DESCRIPTOR = new RegExp(
  String.raw`^/(?:dev/stdin|(?:dev|proc/self|proc/${process.pid})/fd/\d+)$`,
);
const DESCRIPTOR_0 = /^\/(?:dev\/stdin|(?:dev|proc\/self)\/fd\/0)$/;

/**
 * The config that `path` names, `-` being standard input. What comes from a descriptor is read here, and becomes a text whose
 * relative paths start in the working directory. ConfigErrors when that cannot be read.
 */
export async function openNamed(path: string, stdin: Stdin): Promise<ConfigSource> {
  if (path !== '-' && !DESCRIPTOR.test(path)) return { type: 'file', path };
  const name = path === '-' ? '<stdin>' : path;
  await refuseExposed(name, path === '-' ? '/dev/stdin' : path);
  if (path === '-' || DESCRIPTOR_0.test(path)) return await toText(name, () => readStdin(stdin));
  return await toText(path, () =>
    readSmallFile(path, { largest: LARGEST_CONFIG, mayBePipe: true }),
  );
}

/** What a shell has redirected from a file is as exposed as that file. Only root is kept from it: see include.ts. */
async function refuseExposed(name: string, path: string): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  // That there is no such descriptor is found when it is read.
  const [exposure] = await findExposures(path, 0).catch(() => []);
  if (exposure === undefined) return;
  const { path: exposed, why, remedy } = exposure;
  refuse({
    code: 'CONFIG_WRITABLE',
    message: `The config from ${name} can be changed by others through ${exposed}: ${why}.`,
    hint: remedy,
  });
}

async function toText(name: string, read: () => Promise<Buffer>): Promise<ConfigSource> {
  const bytes = await read().catch((error: unknown) =>
    refuse({
      code: 'CONFIG_NOT_FOUND',
      message: `The config from ${name} cannot be read: ${reasonOf(error)}.`,
    }),
  );
  const decoded = decodeUtf8(bytes);
  if (!decoded.ok)
    refuse({ code: 'CONFIG_SYNTAX', message: `The config from ${name} ${decoded.problem}.` });
  const { value: text } = decoded;
  if (text.trim() === '')
    refuse({
      code: 'CONFIG_SYNTAX',
      message: `The config from ${name} is empty.`,
      hint: 'See whether the program that was to write it has failed.',
    });
  return { type: 'text', text, name, directory: process.cwd() };
}

async function readStdin(stdin: Stdin): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > LARGEST_CONFIG) throw new Error(`it is larger than ${formatSize(LARGEST_CONFIG)}`);
  }
  return Buffer.concat(chunks);
}

function refuse(finding: Omit<Finding, 'at'>): never {
  throw new ConfigErrors([toDiagnostic({ ...finding, at: undefined })]);
}
