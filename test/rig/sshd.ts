/**
 * A real sshd as an ordinary process on a port of its own, with an account that only it knows: its passwd and shadow lie over those of
 * the host in a mount namespace of its own. Needs root; Debian packages: openssh-server, openssh-client.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isRoot } from './rights.js';
import { makeScratch } from './scratch.js';

const SSHD = '/usr/sbin/sshd';
/** Where Debian's sshd leaves its rights. Its unit makes it. */
const PRIVILEGES = '/run/sshd';

export const whyNoSshd = !isRoot
  ? 'needs root, to start sshd'
  : existsSync(SSHD)
    ? false
    : 'needs openssh-server';

export const ACCOUNT = { name: 'palhm-test-clients', uid: 64_123 } as const;

export interface Sshd {
  /** As `palhm client push --to` takes it. */
  readonly destination: string;
  /** Options of `ssh -o` that this client, and no other, gets in with. */
  optionsOf(client: string): readonly string[];
  stop(): Promise<void>;
}

/** `commands`: what the key of each client is bound to; null: it may run what it likes. */
export async function startSshd(commands: Readonly<Record<string, string | null>>): Promise<Sshd> {
  const directory = makeScratch();
  // sshd reads the keys as the user.
  chmodSync(directory, 0o711);
  const at = (name: string): string => join(directory, name);
  const makeKey = (name: string): string => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)]);
    return readFileSync(at(`${name}.pub`), 'utf8').trim();
  };
  const hostKey = makeKey('host');
  const lines = Object.entries(commands).map(
    ([client, command]) =>
      `${command === null ? '' : `command="${command}",`}restrict ${makeKey(`key-${client}`)}\n`,
  );
  writeFileSync(at('keys'), lines.join(''));
  mkdirSync(at('home'));
  chownSync(at('home'), ACCOUNT.uid, ACCOUNT.uid);
  writeAccount(at);
  const port = await findPort();
  writeFileSync(at('known'), `[127.0.0.1]:${port} ${hostKey}\n`);
  writeFileSync(
    at('sshd.conf'),
    `ListenAddress 127.0.0.1:${port}
HostKey ${at('host')}
AuthorizedKeysFile ${at('keys')}
StrictModes no
UsePAM no
PasswordAuthentication no
PidFile none
Subsystem sftp internal-sftp
`,
  );
  const madeIt = mkdirSync(PRIVILEGES, { recursive: true, mode: 0o755 }) !== undefined;
  const child = spawn(
    'unshare',
    ['--mount', 'sh', '-ec', NAMESPACE, 'sh', at('passwd'), at('shadow'), at('sshd.conf')],
    { stdio: ['ignore', 'inherit', 'pipe'] },
  );
  const ended = once(child, 'close');
  for await (const line of createInterface({ input: child.stderr }))
    if (line.includes('Server listening')) break;
  child.stderr.resume();
  return {
    destination: `ssh://${ACCOUNT.name}@127.0.0.1:${port}`,
    optionsOf: (client) => [
      `IdentityFile=${at(`key-${client}`)}`,
      'IdentitiesOnly=yes',
      `UserKnownHostsFile=${at('known')}`,
      'StrictHostKeyChecking=yes',
    ],
    async stop() {
      child.kill();
      await ended;
      if (madeIt) rmdirSync(PRIVILEGES);
    },
  };
}

const NAMESPACE = `mount --bind "$1" /etc/passwd; mount --bind "$2" /etc/shadow; exec ${SSHD} -D -e -f "$3"`;

function writeAccount(at: (name: string) => string): void {
  const { name, uid } = ACCOUNT;
  const passwd = readFileSync('/etc/passwd', 'utf8');
  writeFileSync(at('passwd'), `${passwd}${name}:x:${uid}:${uid}::${at('home')}:/bin/sh\n`);
  writeFileSync(at('shadow'), `${readFileSync('/etc/shadow', 'utf8')}${name}:*:1::::::\n`, {
    mode: 0o600,
  });
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a server that listens on a port
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
