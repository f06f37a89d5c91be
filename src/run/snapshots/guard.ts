/** What makes sure that nothing stays frozen: a note of what is frozen, and a watchdog. Both are there before anything is. */
import type { FreezeNote } from '../../wire/own-files.js';
import type { Operation } from '../operation/operation.js';
import { type FreezePart, takeNotes } from './freeze-notes.js';
import { startWatchdog, type WatchdogStart } from './start-watchdog.js';

export interface WantedGuard
  extends Pick<FreezeNote, 'what' | 'mark'>,
    Pick<WatchdogStart, 'reads'> {
  readonly parts: readonly FreezePart[];
  readonly maxMs: number;
  readonly signal: AbortSignal;
}

export interface Guard {
  /** Aborted with a Failure when the watchdog has thawed because the time was over, or is not there any more. */
  readonly over: AbortSignal;
  /** Resolves when nothing is guarded any more. Unless all is thawed, the watchdog tries, and else whoever comes next. */
  end(isThawed: boolean): Promise<void>;
}

/** How long it waits for others who have frozen the same, each as long as their own `max`. */
const WAITS = 10;

/** Failure SNAPSHOT_FAILED, THAW_FAILED. Rejects with the reason of the signal. */
export async function startGuard(operation: Operation, wanted: WantedGuard): Promise<Guard> {
  const { emit, host } = operation;
  const { what, mark, maxMs, parts, reads } = wanted;
  const notes = await takeNotes(operation, { ...wanted, waitMs: WAITS * maxMs });
  try {
    const watchdog = await startWatchdog({
      orders: { what, mark, maxMs, thaw: parts.flatMap(({ thaw }) => thaw) },
      notes: notes.files,
      reads,
      environment: host.environment,
      onWarning: (message) => emit({ type: 'warning', message, details: [] }),
    });
    return {
      over: watchdog.over,
      async end(isThawed) {
        if (isThawed) notes.empty();
        if (!isThawed) await watchdog.abandon();
        // Who freezes the same waits until a watchdog that thaws has ended: it must find the note that this one has locked.
        else if (await watchdog.dismiss()) notes.remove();
        await notes.close();
      },
    };
  } catch (error) {
    notes.remove();
    await notes.close();
    throw error;
  }
}
