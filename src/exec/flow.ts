/** Whether bytes still come through a pipe one of whose ends only a process in the background holds, and who that is. */
import {
  findPipeUsers,
  type PipeUser,
  readTraffic,
  type Traffic,
  waitsForBytes,
  waitsForRoom,
  waitsInPoll,
} from '../host/proc.js';

/** What comes out at the end of a pipeline. */
export interface PipelineEnd {
  /** The bytes that have come so far. */
  readonly bytes: () => number;
  /** True when nothing but the next bytes, or the end, is waited for. */
  readonly isIdle: () => boolean;
}

/** The part of an end of a pipe that is needed here: see holder.ts. */
interface WatchedEnd {
  readonly pipe: string;
  readonly kind: 'stdout' | 'stdin';
  readonly isLast: boolean;
}

/** Without bytes. A process in the background may end a moment after its stage. */
const PATIENCE_MS = 3000;
const LOOK_EVERY_MS = 100;
/** Looking through all processes takes time. */
const SEARCH_EVERY_MS = 500;
/** Between two searches while nobody is found who holds the end and is waited for: then a stage just takes its time. */
const SEARCH_SELDOM_MS = 8000;

/** Tells when nothing flows any more through the pipe. */
export function watchFlow({ pipe, kind, isLast }: WatchedEnd, output: PipelineEnd | undefined) {
  let quietSince = performance.now();
  let pause = SEARCH_EVERY_MS;
  let bytes = output?.bytes() ?? 0;
  const flowedAt = kind === 'stdout' ? watchLeftWriter(pipe) : watchLeftReader(pipe);
  const isQuiet = (): boolean => performance.now() - quietSince >= PATIENCE_MS;

  function lookAtOutput(): void {
    if (output === undefined || (output.bytes() === bytes && output.isIdle())) return;
    bytes = output.bytes();
    quietSince = performance.now();
  }

  /** Between two stages palhm does not see the bytes. */
  async function lookBetween(users: readonly PipeUser[]): Promise<void> {
    const at = await flowedAt(users);
    if (at !== undefined && pause <= SEARCH_EVERY_MS) quietSince = Math.max(quietSince, at);
    else quietSince = performance.now();
    pause = at === undefined ? Math.min(2 * pause, SEARCH_SELDOM_MS) : SEARCH_EVERY_MS;
  }

  return {
    pauseMs: () => (isLast && !isQuiet() ? LOOK_EVERY_MS : pause),
    /** What holds the end, once nothing has come for long enough. Its holder is undefined when palhm may not look at it. */
    async look(): Promise<{ readonly holder: PipeUser | undefined } | undefined> {
      lookAtOutput();
      if (isLast && !isQuiet()) return undefined;
      // A look may fail for want of a descriptor. Then it is repeated.
      const users = await findPipeUsers(pipe).catch(() => undefined);
      if (users === undefined) return undefined;
      if (!isLast) await lookBetween(users);
      lookAtOutput();
      return isQuiet() ? { holder: holdersOf(kind, users)[0] } : undefined;
    },
  };
}

export function holdersOf(
  kind: WatchedEnd['kind'],
  users: readonly PipeUser[],
): readonly PipeUser[] {
  return users.filter(({ isWriter }) => isWriter === (kind === 'stdout'));
}

/** When bytes flowed last, by the clock of `performance.now`. Undefined when it is not seen that anybody waits. */
type FlowedAt = (users: readonly PipeUser[]) => Promise<number | undefined>;

/**
 * A reader is waited for as long as it may take. A writer in the background is not, but bytes flow as long as it writes and a
 * reader reads. Of a writer that palhm may not look at it is known all the same: without one, nobody could wait for bytes.
 */
function watchLeftWriter(pipe: string): FlowedAt {
  const traffic = watchTraffic();
  return async (users) => {
    const { writtenAt, readAt, now } = await traffic(users);
    const writers = holdersOf('stdout', users);
    if (writers.length > 0)
      return (await anyOf(writers, (pid) => waitsForRoom(pid))) ? now : Math.min(writtenAt, readAt);
    return (await anyOf(users, (pid) => waitsForBytes(pid, pipe))) ? readAt : undefined;
  };
}

/**
 * A writer is waited for unless it waits itself: for room in the pipe. Most programs do that in write(2); who polls may wait
 * for anything else as well, but whatever a reader that does not even wait for bytes holds goes nowhere.
 */
function watchLeftReader(pipe: string): FlowedAt {
  const traffic = watchTraffic();
  return async (users) => {
    const { writtenAt } = await traffic(users);
    const [readers, writers] = [holdersOf('stdin', users), holdersOf('stdout', users)];
    // Where nobody is seen who holds it, only who waits for room in this very pipe proves that somebody does.
    const where = readers.length === 0 ? pipe : undefined;
    if (await anyOf(writers, (pid) => waitsForRoom(pid, where))) return writtenAt;
    const isIdle =
      readers.length > 0 &&
      !(await anyOf(readers, waitsInPoll)) &&
      !(await anyOf(readers, (pid) => waitsForBytes(pid)));
    return isIdle && (await anyOf(writers, waitsInPoll)) ? writtenAt : undefined;
  };
}

/** When writers have written last and readers read, from and to anything, as far as it was seen. */
function watchTraffic() {
  let before: Traffic | undefined;
  let [writtenAt, readAt] = [performance.now(), performance.now()];
  return async (users: readonly PipeUser[]) => {
    const seen = await sumTraffic(users);
    const now = performance.now();
    if (seen.written !== before?.written) writtenAt = now;
    if (seen.read !== before?.read) readAt = now;
    before = seen;
    return { writtenAt, readAt, now };
  };
}

/** Of what writers have written and readers have read. */
async function sumTraffic(users: readonly PipeUser[]): Promise<Traffic> {
  const all = await Promise.all(
    users.map(async ({ pid, isWriter }) => ({ ...(await readTraffic(pid)), isWriter })),
  );
  const written = all.reduce((sum, one) => sum + (one.isWriter ? one.written : 0), 0);
  const read = all.reduce((sum, one) => sum + (one.isWriter ? 0 : one.read), 0);
  return { written, read };
}

async function anyOf(
  users: readonly PipeUser[],
  holds: (pid: number) => Promise<boolean>,
): Promise<boolean> {
  return (await Promise.all(users.map(({ pid }) => holds(pid)))).includes(true);
}
