/** Thaws in place of a palhm that cannot: in a watchdog, and in a later palhm. */
import { spawn } from 'node:child_process';
import { hasEndedWell, type Verdict } from '../../exec/blame.js';
import { messageOf } from '../../failure/failure.js';
import { setLongTimer } from '../../host/timer.js';
import { formatDuration } from '../../units/duration.js';
import type { FreezeNote, ThawCommand } from '../../wire/own-files.js';
import { endMarked } from './end-marked.js';
import { THAW_MS } from './watchdog-orders.js';

/** Only 0 is good. */
const PLAIN: Verdict = {
  accepted: { min: 0, max: 0 },
  signals: [],
  nice: undefined,
  ionice: undefined,
};

const LONGEST_STDERR = 4096;
/** For what it has written before it ended. */
const DRAIN_MS = 200;

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

/**
 * What it prints is nobody's: it may have secrets in it, and the reader may be gone. Only where it may end otherwise than with 0, the
 * end of its stderr tells its own exit code from that of a wrapper.
 */
function runThaw({ argv, env, cwd, timeoutMs = THAW_MS, verdict = PLAIN }: ThawCommand) {
  const [program = '', ...args] = argv;
  return new Promise<string | undefined>((resolve) => {
    const isHeard = verdict.accepted.max > 0;
    const stdio = ['ignore', 'ignore', isHeard ? 'pipe' : 'ignore'] as const;
    const child = spawn(program, args, { env, cwd, stdio: [...stdio] });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-LONGEST_STDERR);
    });
    let isLate = false;
    // That of `spawn` runs on when the program could not be started, and keeps this process alive.
    const clearTimer = setLongTimer(timeoutMs, () => {
      isLate = true;
      child.kill('SIGKILL');
    });
    const finish = (problem: string | undefined): void => {
      clearTimer();
      // What it has left running may keep it open.
      child.stderr?.destroy();
      resolve(problem);
    };
    child.once('error', (error) => finish(`could not be started: ${messageOf(error)}`));
    child.once('exit', (exitCode, signal) => {
      const judge = (): void => {
        const stopped = isLate ? 'timeout' : undefined;
        const isGood = hasEndedWell(verdict, { exitCode, signal, stopped, stderr });
        finish(isGood ? undefined : describeEnd({ exitCode, signal, isLate, timeoutMs }));
      };
      if (!isHeard || child.stderr?.closed !== false) return judge();
      child.stderr.once('close', judge);
      setTimeout(() => child.stderr?.destroy(), DRAIN_MS);
    });
  });
}

interface ThawEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly isLate: boolean;
  readonly timeoutMs: number;
}

function describeEnd({ exitCode, signal, isLate, timeoutMs }: ThawEnd): string {
  if (isLate) return `did not end within ${formatDuration({ ms: timeoutMs })} and was killed`;
  return `ended with ${exitCode ?? signal}`;
}
