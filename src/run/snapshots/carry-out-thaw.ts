/** Thaws in place of a palhm that cannot: in a watchdog, and in a later palhm. */
import { spawn } from 'node:child_process';
import { messageOf } from '../../failure/failure.js';
import type { FreezeNote, ThawCommand } from '../../wire/own-files.js';
import { endMarked } from './end-marked.js';
import { THAW_MS } from './watchdog-orders.js';

/** Some seconds each. */
const ROUNDS = 20;

/** Returns what went wrong, as sentences. */
export async function carryOutThaw({
  mark,
  thaw,
}: Pick<FreezeNote, 'mark' | 'thaw'>): Promise<readonly string[]> {
  for (let round = 0; round < ROUNDS; round++) {
    // What freezes must not do so after the thaw.
    const areEnded = await endMarked(mark);
    const problems = await runEach(thaw);
    if (areEnded) return problems;
    // No signal ends what waits for a device, and for what is frozen: only after the thaw it does, and may have frozen again.
  }
  return ['a program that freezes could not be ended, and may freeze again'];
}

async function runEach(commands: readonly ThawCommand[]): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const [index, command] of commands.entries()) {
    const problem = await runThaw(command);
    if (problem !== undefined) problems.push(`thaw ${index + 1} of ${commands.length} ${problem}`);
  }
  return problems;
}

/** What it prints is nobody's: it may have secrets in it, and the reader may be gone. */
function runThaw({ argv: [program = '', ...args], env, cwd }: ThawCommand) {
  return new Promise<string | undefined>((resolve) => {
    const child = spawn(program, args, { env, cwd, stdio: 'ignore' });
    // That of `spawn` runs on when the program could not be started, and keeps this process alive.
    const timer = setTimeout(() => child.kill('SIGKILL'), THAW_MS);
    const finish = (problem: string | undefined): void => {
      clearTimeout(timer);
      resolve(problem);
    };
    child.once('error', (error) => finish(`could not be started: ${messageOf(error)}`));
    child.once('exit', (code, signal) =>
      finish(code === 0 ? undefined : `ended with ${code ?? signal}`),
    );
  });
}
