/**
 * Takes the config of a client, as the command that its key is bound to: it can write this one file, whole or not at all, and nothing
 * else. What it is told of a refusal is about its own config; the host's is not shown.
 */
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { checkClientFile } from '../../config/load.js';
import { CLIENT_ENDING, LARGEST_CLIENT_FILE } from '../../config/read/client-files.js';
import { ConfigErrors, type Diagnostic } from '../../config/read/diagnostics.js';
import type { ConfigSource } from '../../config/read/source.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { makeFile, syncDirectory } from '../../host/durable-files.js';
import { takeHostLock } from '../../host/host-lock.js';
import { orReason } from '../../host/or-reason.js';
import { isSystemError } from '../../host/sink-failure.js';
import { formatSize } from '../../units/bytes.js';
import { decodeUtf8 } from '../../units/utf8.js';
import { HOLDER_NOTES } from '../../wire/lock-holder.js';

export interface Reception {
  /** The host's own config. */
  readonly source: ConfigSource;
  readonly name: string;
  readonly isAbsent: boolean;
  /** It is closed in the end: whoever sends more than is taken does not keep palhm. */
  readonly input: Readable;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const ABSENT = '{ "absent": true }\n';
/** Root reads it, and whoever receives it. */
const MODE = 0o640;
const PATIENCE_MS = 60_000;

/** The name of the file that was written. Failure USAGE, NOT_HANDED_IN, LOCKED; ConfigErrors with what is wrong with it. */
export async function receiveConfig(reception: Reception): Promise<string> {
  const { name, isAbsent, input } = reception;
  try {
    const text = isAbsent ? ABSENT : await readText(input);
    const { file, problems } = await judge(reception, text);
    if (problems.length > 0)
      throw new ConfigErrors(
        problems.map(onlyItsOwn(`${name}${CLIENT_ENDING}`)),
        `"${name}" was not taken`,
      );
    await replaceFile(file, text, reception);
    return basename(file);
  } finally {
    input.destroy();
  }
}

async function readText(input: Readable): Promise<string> {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(notHandedIn('it did not come in a minute')),
    PATIENCE_MS,
  );
  try {
    const bytes = await orReason(readBytes(input), late.signal);
    const decoded = decodeUtf8(bytes);
    if (decoded.ok) return decoded.value.replace(/^\uFEFF/, '');
    throw notHandedIn(`it ${decoded.problem}`);
  } finally {
    clearTimeout(timer);
  }
}

async function readBytes(input: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input as AsyncIterable<Buffer | string>) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > LARGEST_CLIENT_FILE)
      throw notHandedIn(`it is larger than ${formatSize(LARGEST_CLIENT_FILE)}`);
  }
  return Buffer.concat(chunks);
}

async function judge({ source, name }: Reception, text: string) {
  try {
    return await checkClientFile(source, { name, text });
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error;
    throw new Failure({
      code: 'CONFIG_VALUE',
      message: 'the config of the host itself cannot be used',
      hint: 'have its administrator run "palhm config check" there, as the user that receives this',
    });
  }
}

/** What the host's config says of groups may not fit what the client makes of them: that line is not the client's to see. */
function onlyItsOwn(file: string): (problem: Diagnostic) => Diagnostic {
  return (problem) =>
    problem.place?.file === file
      ? problem
      : {
          ...problem,
          message: 'It does not go together with what the host says of every group.',
          hint: undefined,
          place: undefined,
          sourceLine: undefined,
          notes: [],
        };
}

async function replaceFile(
  file: string,
  text: string,
  { name, environment }: Reception,
): Promise<void> {
  const what = `the config of the client "${name}"`;
  const lock = { key: ['client', file], what, notes: HOLDER_NOTES };
  const { signal } = new AbortController();
  const request = { task: name, waitMs: PATIENCE_MS, onWait: () => undefined, signal };
  const taken = await takeHostLock(lock, environment, request);
  try {
    await publish(file, text);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    // Without the path behind it, which is the host's.
    const [why = ''] = messageOf(error).split(', ');
    throw notHandedIn(`the host cannot write it: ${why}`);
  } finally {
    await taken.release();
  }
}

async function publish(file: string, text: string): Promise<void> {
  const directory = dirname(file);
  // One that was killed has left it. No glob of configs matches it.
  const draft = join(directory, `.${basename(file)}.new`);
  await rm(draft, { force: true });
  try {
    const handle = await makeFile(draft, MODE);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncDirectory(directory);
}

function notHandedIn(why: string): Failure {
  return new Failure({ code: 'NOT_HANDED_IN', message: `the config was not taken: ${why}` });
}
