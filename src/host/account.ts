/** Finds a user of this host by name, in any of the places where the host keeps users (nsswitch.conf(5)). */
import { Failure } from '../failure/failure.js';
import { orReason } from './or-reason.js';
import { locateProgram } from './programs.js';

export interface Account {
  readonly name: string;
  readonly uid: string;
  readonly gid: string;
  readonly home: string;
}

/** getent(1): the key was not found. */
const NOT_FOUND = 2;
/** A directory service that does not answer must not stop a run for ever. */
const TIMEOUT_MS = 60_000;

const accounts = new Map<string, Promise<Account>>();

/** Failure STAGE_NOT_STARTED when there is no such user. Only users that were found are remembered. The signal ends the wait. */
export function findAccount(name: string, signal?: AbortSignal): Promise<Account> {
  const account = accounts.get(name) ?? readAccount(name);
  accounts.set(name, account);
  account.catch(() => accounts.delete(name));
  // Others may wait for the same answer, so the program itself goes on until its time is over.
  return orReason(account, signal);
}

const entering = new Map<string, Promise<boolean>>();

/** Whether a user may enter a directory and all above it; asked once. */
export function mayEnter(account: Account, directory: string): Promise<boolean> {
  const key = `${account.uid} ${directory}`;
  const answer = entering.get(key) ?? tryToEnter(account, directory);
  entering.set(key, answer);
  answer.catch(() => entering.delete(key));
  return answer;
}

/** The kernel knows the groups of the user, and access control lists. */
async function tryToEnter({ uid, gid }: Account, directory: string): Promise<boolean> {
  const { runHelper } = await import('./helper.js');
  const user = ['--reuid', uid, '--regid', gid, '--init-groups'];
  const { exitCode } = await runHelper({
    argv: ['setpriv', ...user, locateProgram('test'), '-x', directory],
    accept: 'any',
    code: 'STAGE_NOT_STARTED',
    timeoutMs: TIMEOUT_MS,
  });
  return exitCode === 0;
}

async function readAccount(name: string): Promise<Account> {
  // For getent it would be an option.
  if (name.startsWith('-')) throw unknownUserFailure(name);
  const { exitCode, stdout } = await runGetent(name);
  if (exitCode === NOT_FOUND) throw unknownUserFailure(name);
  // name:password:uid:gid:comment:home:shell, passwd(5)
  const [, , uid = '', gid = '', , home = '/'] = stdout.split(':');
  return { name, uid, gid, home };
}

async function runGetent(name: string): Promise<{ exitCode: number | null; stdout: string }> {
  // Most execs name no user: then nothing of it is needed.
  const { runHelper } = await import('./helper.js');
  try {
    return await runHelper({
      argv: ['getent', 'passwd', name],
      accept: [0, NOT_FOUND],
      code: 'STAGE_NOT_STARTED',
      timeoutMs: TIMEOUT_MS,
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw error.as({ message: `the user ${name} could not be looked up: ${error.message}` });
  }
}

function unknownUserFailure(name: string): Failure {
  return new Failure({
    code: 'STAGE_NOT_STARTED',
    message: `there is no user ${name} on this host`,
    hint: 'mend "user" in the exec, or make the user',
  });
}
