/**
 * Signals to palhm. The first one that stops a run stops it in good order. A second one changes nothing, because the roll
 * back must not be skipped. The builtin `sigmask` blocks signals: Node cannot block them in the kernel, so palhm catches and
 * remembers them, and stages are started with these signals blocked.
 */
import { isatty } from 'node:tty';
import { Failure } from '../failure/failure.js';
import type { SignalMask } from '../run/operations.js';

/** A mask, too: when it unblocks a signal that arrived meanwhile, it delivers that signal at once. */
export interface SignalGate extends SignalMask {
  /** Aborted by the first stopping signal that is not blocked. The reason is a Failure INTERRUPTED or TERMINATED. */
  readonly signal: AbortSignal;
  /** Restores the previous handling of every signal. */
  close(): void;
}

export interface SignalWatch {
  /** Called once, with the signal that stops the run, before the signal of the gate is aborted. */
  readonly onStop?: (signal: NodeJS.Signals) => void;
  /** Called whenever SIGUSR1 asks where the run stands. */
  readonly onAsked?: () => void;
  /** Whether a terminal can hang up; by default, whether palhm has one. */
  readonly hasTerminal?: boolean;
}

export const STOPPING: readonly NodeJS.Signals[] = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR2',
  'SIGPWR',
  // From a limit of CPU time.
  'SIGXCPU',
];

export function openSignalGate(watch: SignalWatch = {}): SignalGate {
  const { onStop = () => {}, onAsked = () => {}, hasTerminal = findTerminal() } = watch;
  const stop = new AbortController();
  const blocked = new Set<NodeJS.Signals>();
  const pending = new Set<NodeJS.Signals>();
  const isStopping = (signal: NodeJS.Signals): boolean =>
    STOPPING.includes(signal) && (signal !== 'SIGHUP' || hasTerminal);
  const receive = (signal: NodeJS.Signals): void => {
    if (blocked.has(signal)) pending.add(signal);
    else if (isStopping(signal) && !stop.signal.aborted) {
      onStop(signal);
      stop.abort(describeStop(signal));
    }
  };
  for (const signal of STOPPING) process.on(signal, receive);
  process.on('SIGUSR1', onAsked);
  return {
    signal: stop.signal,
    blocked: () => [...blocked],
    block(signal) {
      if (!STOPPING.includes(signal) && !blocked.has(signal)) process.on(signal, receive);
      blocked.add(signal);
    },
    unblock(signal) {
      if (!blocked.delete(signal)) return;
      if (!STOPPING.includes(signal)) process.off(signal, receive);
      if (!pending.delete(signal)) return;
      // Not by kill(2): the last step of a routine would be over before the signal is here.
      if (STOPPING.includes(signal)) receive(signal);
      else process.kill(process.pid, signal);
    },
    close() {
      for (const signal of [...STOPPING, ...blocked]) process.off(signal, receive);
      process.off('SIGUSR1', onAsked);
    },
  };
}

/**
 * SIGHUP says that the terminal is gone. Without one it is ignored: nohup(1) starts programs with SIGHUP ignored and without
 * a terminal, but Node forgets at its start which signals were ignored.
 */
export function findTerminal(): boolean {
  return [0, 1, 2].some((fd) => isatty(fd));
}

function describeStop(signal: NodeJS.Signals): Failure {
  const code = signal === 'SIGINT' ? 'INTERRUPTED' : 'TERMINATED';
  return new Failure({ code, message: `stopped by ${signal}` });
}
