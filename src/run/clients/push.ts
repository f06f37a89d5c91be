/** Hands the config of this machine in to the host that backs it up, by ssh: `palhm client receive` is at the other end. */
import { LARGEST_CLIENT_FILE } from '../../config/read/client-files.js';
import { reasonOf } from '../../config/read/include.js';
import { Failure } from '../../failure/failure.js';
import { runHelper } from '../../host/helper.js';
import { readSmallFile } from '../../host/small-file.js';
import { decodeUtf8 } from '../../units/utf8.js';

export interface Push {
  /** As ssh takes it: `backup@host`, `ssh://backup@host:2222`. */
  readonly destination: string;
  /** Undefined: this machine wants no backup any more. */
  readonly file: string | undefined;
  /** As of `ssh -o`. */
  readonly options: readonly string[];
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly exitCode: number;
  /** The lines of the host, as they came. */
  readonly said: readonly string[];
}

/** What ssh(1) ends with when the connection, and not the command, has failed. */
const NO_CONNECTION = 255;
const LONGEST_ANSWER = 256 * 1024;

/** The host answers within the time that it waits for the config, and for another push of this client. */
const PATIENCE_MS = 5 * 60_000;

/** What the host has answered. Failure CONFIG_NOT_FOUND, NOT_HANDED_IN. Rejects with the reason of the signal. */
export async function pushConfig({ destination, file, options, signal }: Push): Promise<Answer> {
  const ssh = ['-T', '-o', 'BatchMode=yes', ...options.flatMap((option) => ['-o', option])];
  const { exitCode, stdout, stderr } = await runHelper({
    argv: ['ssh', ...ssh, '--', destination, file === undefined ? 'absent' : 'present'],
    code: 'NOT_HANDED_IN',
    input: file === undefined ? '' : await readConfig(file),
    longestStderr: LONGEST_ANSWER,
    accept: 'any',
    timeoutMs: PATIENCE_MS,
    signal,
  });
  const said = [stdout, stderr].filter((text) => text !== '').flatMap((text) => text.split('\n'));
  if (exitCode !== null && exitCode !== NO_CONNECTION) return { exitCode, said };
  throw new Failure({
    code: 'NOT_HANDED_IN',
    message: `ssh has not brought an answer from ${destination}`,
    details: [
      ...said.map((line) => `| ${line}`),
      'Whether the config was taken is not known: handing it in again does no harm.',
    ],
    hint: `try: ssh -T ${destination} true`,
  });
}

async function readConfig(file: string): Promise<string> {
  const bytes = await readSmallFile(file, { largest: LARGEST_CLIENT_FILE, mayBePipe: true }).catch(
    (error: unknown) => {
      throw unreadable(file, `cannot be read: ${reasonOf(error)}`);
    },
  );
  const decoded = decodeUtf8(bytes);
  if (decoded.ok) return decoded.value;
  throw unreadable(file, decoded.problem);
}

function unreadable(file: string, why: string): Failure {
  return new Failure({ code: 'CONFIG_NOT_FOUND', message: `the config ${file} ${why}` });
}
