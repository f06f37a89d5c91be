/**
 * Pipelines that fail, are stopped or exceed a timeout at a random moment, after the numbers of stages that had ended have
 * become those of unrelated processes: these live on, and no stage does.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { ExecPlan } from '../../src/config/plan/plan.js';
import { Failure } from '../../src/failure/failure.js';
import { openBench } from '../exec/bench.js';
import { isInPidNamespace, type Stranger, takePid, testInPidNamespace } from '../rig/pid-reuse.js';
import { shell } from '../rig/plans.js';
import { isAlive } from '../rig/processes.js';
import { chooseSeed, randomFrom } from '../rig/random.js';

const ENDS = 60;
const MOST_STAGES = 4;
const LONGEST_MS = 250;

const seed = chooseSeed();
const random = randomFrom(seed);
const stopped = new Failure({ code: 'TERMINATED', message: 'stopped by SIGTERM' });

if (isInPidNamespace) test(`${ENDS} ends`, endOften);
else testInPidNamespace(import.meta.url);

interface Trial {
  readonly what: string;
  readonly execs: readonly ExecPlan[];
  /** Where each stage writes its number. */
  readonly marks: readonly string[];
  /** Those of stages that end at once. */
  readonly early: readonly string[];
  /** When the run is stopped, after the numbers were taken; undefined: never. */
  readonly stopMs: number | undefined;
}

async function endOften(): Promise<void> {
  console.log(`PALHM_TEST_SEED=${seed}`);
  const bench = openBench();
  for (let index = 0; index < ENDS; index++) {
    const trial = chooseTrial(bench.directory, index);
    const stop = new AbortController();
    const failing = bench.failureOf(trial.execs, { signal: stop.signal });
    const numbers = await Promise.all(trial.early.map(reaped));
    const strangers: Stranger[] = [];
    // The greatest first: whatever is started next gets the number after the one that was taken last.
    for (const pid of numbers.sort((a, b) => b - a)) strangers.push(await takePid(pid));
    if (trial.stopMs !== undefined) {
      await delay(trial.stopMs);
      stop.abort(stopped);
    }
    await failing;
    for (const { pid } of strangers) assert.ok(isAlive(pid), `${trial.what}: a stranger was ended`);
    const taken = new Set(strangers.map(({ pid }) => pid));
    const left = trial.marks.map(readNumber).filter((pid) => isAlive(pid) && !taken.has(pid));
    assert.deepEqual(left, [], `${trial.what}: stages are left`);
    for (const stranger of strangers) await stranger.end();
  }
  bench.close();
}

/**
 * One stage decides the end. The others have ended before; of a run that is stopped, some would go on for ever. (A stage that
 * notices nothing of the failure of another is given a second.)
 */
function chooseTrial(directory: string, index: number): Trial {
  const count = 2 + random.below(MOST_STAGES - 1);
  const marks = Array.from({ length: count }, (_, at) => join(directory, `${index}-${at}`));
  const decider = random.below(count);
  const end = random.pick(['fails', 'is stopped', 'exceeds its timeout']);
  const ms = random.below(LONGEST_MS);
  // The next one ends at once, so that there is always one.
  const isEarly = marks.map(
    (_, at) => end !== 'is stopped' || at === (decider + 1) % count || random.below(2) > 0,
  );
  const execs = marks.map((mark, at) => {
    const script = `echo $$ >${mark}.new; mv ${mark}.new ${mark}`;
    if (at !== decider) return shell(isEarly[at] === true ? script : `${script}; exec sleep 600`);
    if (end === 'fails') return shell(`${script}; sleep ${ms / 1000}; exit 3`);
    const timeout = end === 'is stopped' ? undefined : { ms: 50 + ms };
    return shell(`${script}; exec sleep 600`, { timeout });
  });
  return {
    what: `seed ${seed}, number ${index}: stage ${decider + 1} of ${count} ${end} after ${ms} ms`,
    execs,
    marks,
    early: marks.filter((_, at) => at !== decider && isEarly[at]),
    stopMs: end === 'is stopped' ? ms : undefined,
  };
}

function readNumber(mark: string): number {
  return existsSync(mark) ? Number(readFileSync(mark, 'utf8')) : 0;
}

/** The number of a stage that has written it there, has ended and was waited for. */
async function reaped(mark: string): Promise<number> {
  while (!existsSync(mark)) await turn();
  const pid = readNumber(mark);
  while (existsSync(`/proc/${pid}`)) await turn();
  return pid;
}
