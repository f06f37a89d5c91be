/** A server that a test starts by hand, as the user it wants to be, and that does not outlive the test. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Server {
  readonly pid: number;
  /** Ends it at once: what it holds is thrown away. */
  stop(): Promise<void>;
}

export interface ServerStart {
  readonly argv: readonly string[];
  /** What to be when the test is root: database servers refuse to be that. */
  readonly user: string;
  /** What it prints on stderr when it can be used. */
  readonly ready: RegExp;
  /** Ends it, and its children, without a long farewell. */
  readonly end: 'SIGKILL' | 'SIGQUIT';
}

/** `setpriv` replaces itself, so the process id is the server's own; it also ends it when the test is killed. */
function asUser(user: string, deathSignal: string): readonly string[] {
  const identity = process.getuid?.() === 0 ? changeTo(user) : [];
  return ['setpriv', '--pdeathsig', deathSignal, ...identity];
}

function changeTo(user: string): readonly string[] {
  return ['--reuid', user, '--regid', user, '--clear-groups'];
}

/** Who owns what such a server writes: the user, or whoever runs the test. */
export function findIds(user: string): { readonly uid: number; readonly gid: number } {
  if (process.getuid?.() !== 0)
    return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Runs a program to its end as that user. */
export function runAs(user: string, argv: readonly string[]): void {
  const [program = '', ...args] = [...asUser(user, 'KILL'), ...argv];
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

export async function startServer({ argv, user, ready, end }: ServerStart): Promise<Server> {
  const [program = '', ...args] = [...asUser(user, end.slice(3)), ...argv];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const log: string[] = [];
  const closed = once(child, 'close');
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.push(line);
      if (ready.test(line)) resolve();
    });
    closed.then(() => reject(new Error(`${argv[0]} did not start:\n${log.join('\n')}`)), reject);
  });
  return { pid: pidOf(child), stop: () => stop(child, end, closed) };
}

async function stop(
  child: ChildProcess,
  signal: ServerStart['end'],
  closed: Promise<unknown>,
): Promise<void> {
  child.kill(signal);
  await closed;
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('the server has no process id');
  return pid;
}
