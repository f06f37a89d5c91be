/** What nearly every operation opens: the sink of a task, the root of the sink for itself alone, a copy to read. */
import type { BackupPlan, Plan } from '../../config/plan/plan.js';
import type { SinkPlan } from '../../config/plan/sinks/sinks.js';
import type { Prefix } from '../../copy/prefix.js';
import { Failure } from '../../failure/failure.js';
import type { Lock } from '../../host/file-lock.js';
import { sinkFailureOf } from '../../host/sink-failure.js';
import { locateRoot } from '../../sink/registry.js';
import type { Sink, StoredCopy } from '../../sink/sink.js';
import type { Bracket } from './bracket.js';
import type { Operation } from './operation.js';
import { loadSignatureCheck, type SignatureCheck } from './signing.js';

/**
 * The sink of a backup task, for every operation that reads or writes its copies. Where copies are signed, a copy without
 * a good signature is not taken for a copy. Failure KEY_INVALID, REFERENCE_UNRESOLVED.
 */
export function sinkBracket(
  operation: Operation,
  backup: Pick<BackupPlan, 'id' | 'sink' | 'sign'>,
): Bracket<Sink> {
  return {
    name: `the sink of task "${backup.id}"`,
    async open() {
      const checkSignature = await loadSignatureCheck(operation, backup);
      const context = {
        ...sinkContextOf(operation),
        task: backup.id,
        findSharer: () => findSharer(operation.plan, backup),
        checkSignature,
      };
      return await operation.createSink(backup.sink, context);
    },
    close: closeSink,
  };
}

/** The sink of a place that somebody names: copies of any task are in it. Without a check no signature is looked at. */
export function placeBracket(
  operation: Operation,
  plan: SinkPlan,
  checkSignature: SignatureCheck | undefined,
): Bracket<Sink> {
  return {
    name: 'the sink of a place',
    open: () =>
      operation.createSink(plan, { ...sinkContextOf(operation), ...NOBODY, checkSignature }),
    close: closeSink,
  };
}

function sinkContextOf({ emit, redactor, signal, host: { name, environment } }: Operation) {
  return { emit, redactor, signal, host: name, environment };
}

const NOBODY = { task: '', findSharer: async () => undefined } as const;

async function findSharer(
  { tasks }: Plan,
  { id, sink }: Pick<BackupPlan, 'id' | 'sink'>,
): Promise<string | undefined> {
  const place = await locateRoot(sink);
  for (const task of tasks.values()) {
    if (task.type !== 'backup' || task.id === id) continue;
    if (place !== undefined && (await locateRoot(task.sink)) === place) return task.id;
  }
  return undefined;
}

function closeSink(sink: Sink): Promise<void> {
  const closing = { code: 'CLOSE_FAILED', doing: `close ${sink.description}` } as const;
  return asCloseFailure(closing, () => sink.close());
}

export interface LockRoot {
  readonly sink: Sink;
  readonly task: string;
  /** How long to wait for another run to end; 0: not at all. */
  readonly waitMs: number;
  /** Whether a root that is not there is a failure, and is not made. */
  readonly isThere?: boolean;
}

/** The root of a sink, for this run alone. Failure LOCKED; UNLOCK_FAILED when the lock cannot be given back. */
export function rootBracket(
  operation: Operation,
  { sink, task, waitMs, isThere }: LockRoot,
): Bracket<Lock> {
  const root = sink.description;
  return {
    name: `the root ${root}`,
    open: (signal) =>
      sink.lock({
        task,
        waitMs,
        isThere,
        signal,
        onWait: (holder) => operation.emit({ type: 'lock-waiting', root, holder }),
      }),
    close(lock) {
      const closing = { code: 'UNLOCK_FAILED', doing: `give back the lock of ${root}` } as const;
      return asCloseFailure(closing, () => lock.release());
    },
  };
}

/** A committed copy, to be read. */
export function storedCopyBracket(sink: Sink, prefix: Prefix): Bracket<StoredCopy> {
  return {
    name: `the copy ${prefix.name}`,
    open: () => Promise.resolve(sink.stored(prefix)),
    close(stored) {
      const closing = { code: 'CLOSE_FAILED', doing: `close the copy ${stored.location}` } as const;
      return asCloseFailure(closing, () => stored.close());
    },
  };
}

interface Closing {
  readonly code: 'UNLOCK_FAILED' | 'CLOSE_FAILED';
  /** Follows "cannot". */
  readonly doing: string;
}

/** What a store or the system refuses becomes a Failure of this code; a defect passes unchanged. */
async function asCloseFailure({ code, doing }: Closing, close: () => Promise<void>): Promise<void> {
  try {
    await close();
  } catch (thrown) {
    const error = sinkFailureOf(thrown, doing);
    if (!(error instanceof Failure)) throw error;
    const message = error.message.startsWith(`cannot ${doing}`)
      ? error.message
      : `cannot ${doing}: ${error.message}`;
    throw error.as({ code, message });
  }
}
