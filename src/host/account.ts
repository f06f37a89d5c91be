/** A user of this host, by name, from wherever the host keeps its users (nsswitch.conf(5)). */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Failure, messageOf } from '../failure/failure.js';

export interface Account {
  readonly name: string;
  readonly uid: string;
  readonly gid: string;
  readonly home: string;
}

const run = promisify(execFile);
const known = new Map<string, Promise<Account>>();

/** Failure STAGE_NOT_STARTED when there is no such user. Asks once per name. */
export function findAccount(name: string): Promise<Account> {
  const found = known.get(name) ?? askForAccount(name);
  known.set(name, found);
  return found;
}

async function askForAccount(name: string): Promise<Account> {
  const { stdout } = await run('getent', ['passwd', name]).catch((error: unknown) => {
    throw new Failure({
      code: 'STAGE_NOT_STARTED',
      message: `there is no user ${name} on this host`,
      details: [messageOf(error)],
      hint: 'mend "user" in the exec, or make the user',
    });
  });
  // name:password:uid:gid:comment:home:shell, passwd(5)
  const [, , uid = '', gid = '', , home = '/'] = stdout.trimEnd().split(':');
  return { name, uid, gid, home };
}
