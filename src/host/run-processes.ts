/**
 * The processes of a run: those that have the run in their environment, whoever started them and whatever session they are
 * in. That is how the next run finds what a dead one left, and how a run that fails leaves nothing behind.
 */
import { Failure } from '../failure/failure.js';
import {
  findByEnvironment,
  identifySelf,
  isStillThere,
  nameOf,
  type Process,
  readVariable,
} from './proc.js';
import { keyOf, signalUntilGone } from './signal-processes.js';
import { sinkFailureOf } from './sink-failure.js';

const GRACE_MS = 1000;
/** SIGKILL acts at once, except on a process in an uninterruptible wait for a device. */
const KILL_MS = 5000;
const EMPTY_LOOKS = 3;
/** Of those that run on. */
const SHOWN = 10;

type Environment = Readonly<Record<string, string | undefined>>;

/** In the environment of every stage: the run, the runs that palhm itself is a stage of, and the palhm that carries it out. */
export function markOfRun(run: string, inherited: Environment): Environment {
  const outer = [inherited['PALHM_WITHIN'], inherited['PALHM_RUN']].filter(
    (one) => one !== undefined,
  );
  return {
    PALHM_RUN: run,
    PALHM_WITHIN: outer.length === 0 ? undefined : outer.join(' '),
    PALHM_PROCESS: identifySelf(),
  };
}

/** In the environment of a hook besides: what it leaves running is meant to last, such as the daemon of a mount. */
export function markOfHook(run: string, inherited: Environment): Environment {
  const outer = inherited[OF_HOOK];
  return { [OF_HOOK]: outer === undefined ? run : `${outer} ${run}` };
}

const OF_HOOK = 'PALHM_HOOK_OF';

/** The processes of a run, also those of a palhm that one of its stages has started. */
export function findProcessesOfRun(run: string): Promise<readonly Process[]> {
  return findByEnvironment((entries) => isOfRun(entries, run));
}

function isOfRun(entries: readonly string[], run: string): boolean {
  return entries.includes(`PALHM_RUN=${run}`) || lists(entries, WITHIN, run);
}

/** Whether the variable, a list of runs, names this one. */
function lists(entries: readonly string[], variable: string, run: string): boolean {
  return entries.some(
    (one) => one.startsWith(variable) && one.slice(variable.length).split(' ').includes(run),
  );
}

const WITHIN = 'PALHM_WITHIN=';

export interface Ending {
  /** Between SIGTERM and SIGKILL; by default 1 s. */
  readonly graceMs?: number;
  /** Only these of them. */
  readonly isMeant?: (found: Process) => boolean;
}

/**
 * Ends every process that its environment proves to be of the run, but never this one, nor what its hooks have left. Returns
 * how many there were. Failure SINK_UNAVAILABLE when /proc cannot be read, for want of descriptors, during the whole grace;
 * CLOSE_FAILED when some run on.
 */
export async function endProcessesOfRun(run: string, ending: Ending = {}): Promise<number> {
  const { graceMs = GRACE_MS, isMeant = () => true } = ending;
  const ended = new Set<string>();
  const round = {
    emptyLooks: EMPTY_LOOKS,
    find: async () => {
      const found = await findByEnvironment(
        (entries) => isOfRun(entries, run) && !lists(entries, `${OF_HOOK}=`, run),
      );
      return found.filter(isMeant);
    },
    onTold: (one: Process) => void ended.add(keyOf(one)),
  };
  try {
    const isGone =
      (await signalUntilGone({ ...round, signal: 'SIGTERM', patienceMs: graceMs })) ||
      (await signalUntilGone({ ...round, signal: 'SIGKILL', patienceMs: KILL_MS }));
    const left = isGone ? [] : await round.find();
    if (left.length > 0) throw await unkilledFailure(run, left);
  } catch (error) {
    throw sinkFailureOf(error, `look for the processes of run ${run}`);
  }
  return ended.size;
}

async function unkilledFailure(run: string, left: readonly Process[]): Promise<Failure> {
  const names = left.slice(0, SHOWN).map(async ({ pid, state }) => {
    const name = (await nameOf(pid)) ?? '?';
    return `process ${pid} (${name})${state === 'D' ? ' waits for a device or a server' : ''}`;
  });
  return new Failure({
    code: 'CLOSE_FAILED',
    message: `SIGKILL does not end ${left.length === 1 ? 'a process' : `${left.length} processes`} of run ${run}`,
    details: await Promise.all(names),
    hint: 'what waits for a device or a server ends when that answers; stop by hand what starts itself anew',
  });
}

/**
 * The same for a run that something which lies about says is dead. Failure LOCKED, with nothing ended, when the palhm that
 * started one of its processes is alive: what lies about may have been copied, renamed or made up.
 */
export async function endProcessesOfDeadRun(run: string): Promise<number> {
  const palhm = await findPalhmOf(run).catch((error: unknown) => {
    throw sinkFailureOf(error, `look for the processes of run ${run}`);
  });
  if (palhm === undefined) return await endProcessesOfRun(run);
  throw new Failure({
    code: 'LOCKED',
    message: `it names run ${run}, which is alive in process ${palhm.split('.')[0]}: it is left as it is`,
    hint: 'look at who has put it there, and remove it by hand when that run is over',
  });
}

async function findPalhmOf(run: string): Promise<string | undefined> {
  const own = await findByEnvironment((entries) => entries.includes(`PALHM_RUN=${run}`));
  for (const { pid } of own) {
    const palhm = await readVariable(pid, 'PALHM_PROCESS');
    if (palhm !== undefined && (await isStillThere(palhm))) return palhm;
  }
  return undefined;
}
