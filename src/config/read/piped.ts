/** A config that is read once and not by its name again: from standard input, or from a pipe that a shell has made. */
import { readSmallFile } from '../../host/small-file.js';
import { formatSize } from '../../units/bytes.js';
import { decodeUtf8 } from '../../units/utf8.js';
import { ConfigErrors, type Finding, toDiagnostic } from './diagnostics.js';
import { LARGEST_CONFIG, reasonOf } from './include.js';
import type { ConfigSource } from './source.js';

/** `process.stdin`, and what can stand in its place. */
export type Stdin = AsyncIterable<Buffer | string>;

/** Where the name of a file leads to a descriptor that is open already. */
const DESCRIPTOR = /^\/(?:dev\/stdin|(?:dev|proc\/self|proc\/\d+)\/fd\/\d+)$/;
const DESCRIPTOR_0 = /^\/(?:dev\/stdin|(?:dev|proc\/self)\/fd\/0)$/;

/**
 * The config that `path` names, `-` being standard input. What comes from a descriptor is read here, and becomes a text whose
 * relative paths start in the working directory. ConfigErrors when that cannot be read.
 */
export async function openNamed(path: string, stdin: Stdin): Promise<ConfigSource> {
  if (path === '-') return await toText('<stdin>', () => readStdin(stdin));
  if (DESCRIPTOR_0.test(path)) return await toText(path, () => readStdin(stdin));
  if (!DESCRIPTOR.test(path)) return { type: 'file', path };
  return await toText(path, () =>
    readSmallFile(path, { largest: LARGEST_CONFIG, mayBePipe: true }),
  );
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
