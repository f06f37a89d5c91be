/** What nearly every operation opens: the sink of a task, its root for itself, a copy to be read. */
import type { BackupPlan } from '../../config/plan/plan.js';
import type { Prefix } from '../../copy/prefix.js';
import { Failure } from '../../failure/failure.js';
import type { Lock } from '../../host/file-lock.js';
import { asFailure } from '../../host/sink-failure.js';
import type { Sink, StoredCopy } from '../../sink/sink.js';
import type { Bracket } from './bracket.js';
import type { Operation } from './operation.js';
import { loadSignatureCheck } from './signing.js';

/**
 * The sink of a backup task, for every operation that reads or writes its copies: where copies are signed it takes no
 * other for a copy. Failure KEY_INVALID, REFERENCE_UNRESOLVED.
 */
export function sinkOf(
  operation: Operation,
  backup: Pick<BackupPlan, 'id' | 'sink' | 'sign'>,
): Bracket<Sink> {
  return {
    name: `the sink of task "${backup.id}"`,
    async open() {
      const checkSignature = await loadSignatureCheck(operation, backup);
      const context = { task: backup.id, emit: operation.emit };
      const check = checkSignature === undefined ? {} : { checkSignature };
      return await operation.createSink(backup.sink, { ...context, ...check });
    },
    close: (sink) =>
      orClosing({ code: 'CLOSE_FAILED', doing: `close ${sink.description}` }, () => sink.close()),
  };
}

export interface LockedRoot {
  readonly sink: Sink;
  readonly task: string;
  /** How long to wait for another run to end; 0: not at all. */
  readonly waitMs: number;
}

/** The root of a sink, for this run alone. Failure LOCKED; UNLOCK_FAILED when it cannot be given back. */
export function rootOf(operation: Operation, { sink, task, waitMs }: LockedRoot): Bracket<Lock> {
  const root = sink.description;
  return {
    name: `the root ${root}`,
    open: (signal) =>
      sink.lock({
        task,
        waitMs,
        signal,
        onWait: (holder) => operation.emit({ type: 'lock-waiting', root, holder }),
      }),
    close: (lock) =>
      orClosing({ code: 'UNLOCK_FAILED', doing: `give back the lock of ${root}` }, () =>
        lock.release(),
      ),
  };
}

/** A committed copy, to be read. */
export function storedCopy(sink: Sink, prefix: Prefix): Bracket<StoredCopy> {
  return {
    name: `the copy ${prefix.name}`,
    open: () => Promise.resolve(sink.stored(prefix)),
    close: closeStored,
  };
}

export function closeStored(stored: StoredCopy): Promise<void> {
  return orClosing({ code: 'CLOSE_FAILED', doing: `close the copy ${stored.location}` }, () =>
    stored.close(),
  );
}

interface Closing {
  readonly code: 'UNLOCK_FAILED' | 'CLOSE_FAILED';
  /** Follows "cannot". */
  readonly doing: string;
}

/** What a store or the system refuses becomes a Failure of this code; a defect passes. */
async function orClosing({ code, doing }: Closing, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    const error = asFailure(thrown, doing);
    if (!(error instanceof Failure)) throw error;
    const message = error.message.startsWith(`cannot ${doing}`)
      ? error.message
      : `cannot ${doing}: ${error.message}`;
    throw error.as({ code, message });
  }
}
