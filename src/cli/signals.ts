/**
 * Signals to palhm. SIGINT, SIGTERM and SIGHUP stop the run in good order, once; a second one changes nothing, since
 * rolling back must not be skipped. The builtin `sigmask` holds signals back: Node cannot block them in the kernel, so
 * palhm catches them and remembers, and stages are started with them blocked.
 */
import { Failure } from '../failure/failure.js';
import type { SignalMask } from '../run/operations.js';

/** As a mask it lets a signal that it unblocks, and that came meanwhile, through at once. */
export interface SignalGate extends SignalMask {
  /** Aborted by the first stopping signal that is not held back; the reason is a Failure INTERRUPTED or TERMINATED. */
  readonly signal: AbortSignal;
  /** Puts every signal back to what it was. */
  close(): void;
}

/** A closed terminal ends a run as a service manager would. */
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const satisfies readonly NodeJS.Signals[];

/** `onStop` is told of the signal that stops the run, once, before `signal` is aborted. */
export function openSignalGate(onStop: (signal: NodeJS.Signals) => void = () => {}): SignalGate {
  const stop = new AbortController();
  const blocked = new Set<NodeJS.Signals>();
  const pending = new Set<NodeJS.Signals>();
  const receive = (signal: NodeJS.Signals): void => {
    if (blocked.has(signal)) pending.add(signal);
    else if (isStopping(signal) && !stop.signal.aborted) {
      onStop(signal);
      stop.abort(describeStop(signal));
    }
  };
  for (const signal of STOPPING) process.on(signal, receive);
  return {
    signal: stop.signal,
    blocked: () => [...blocked],
    block(signal) {
      if (!isStopping(signal) && !blocked.has(signal)) process.on(signal, receive);
      blocked.add(signal);
    },
    unblock(signal) {
      if (!blocked.delete(signal)) return;
      if (!isStopping(signal)) process.off(signal, receive);
      if (pending.delete(signal)) process.kill(process.pid, signal);
    },
    close() {
      for (const signal of [...STOPPING, ...blocked]) process.off(signal, receive);
    },
  };
}

function isStopping(signal: NodeJS.Signals): boolean {
  return STOPPING.some((stopping) => stopping === signal);
}

function describeStop(signal: NodeJS.Signals): Failure {
  const code = signal === 'SIGINT' ? 'INTERRUPTED' : 'TERMINATED';
  return new Failure({ code, message: `stopped by ${signal}` });
}
