/**
 * Signals to palhm. The first SIGINT, SIGTERM or SIGHUP stops the run in good order. A second one changes nothing, because
 * the roll back must not be skipped. The builtin `sigmask` blocks signals: Node cannot block them in the kernel, so palhm
 * catches and remembers them, and stages are started with these signals blocked.
 */
import { Failure } from '../failure/failure.js';
import type { SignalMask } from '../run/operations.js';

/** A mask, too: when it unblocks a signal that arrived meanwhile, it delivers that signal at once. */
export interface SignalGate extends SignalMask {
  /** Aborted by the first stopping signal that is not blocked. The reason is a Failure INTERRUPTED or TERMINATED. */
  readonly signal: AbortSignal;
  /** Restores the previous handling of every signal. */
  close(): void;
}

/** SIGHUP, from a terminal that was closed, ends a run as SIGTERM from a service manager does. */
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const satisfies readonly NodeJS.Signals[];

/** `onStop` is called once, with the signal that stops the run, before `signal` is aborted. */
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
