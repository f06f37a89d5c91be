/** The exit codes of palhm. doc/operation.md has the same table; a test compares the two. */
export const EXIT = {
  /** Done. */
  done: 0,
  /** The task failed; nothing of it was kept. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The copy is safe but something after it failed: rotation, notification, storage class. */
  afterwards: 3,
  /** `status`, `verify` or `drill`: something is stale, missing, damaged or cannot be restored. */
  damaged: 4,
  /** The root is locked by another run: EX_TEMPFAIL of sysexits.h, try again. */
  locked: 75,
  /** The config is wrong: EX_CONFIG of sysexits.h. */
  config: 78,
  /** Interrupted and rolled back: 128 + SIGINT. */
  interrupted: 130,
  /** Ended by SIGTERM or another signal and rolled back: 128 + SIGTERM. */
  terminated: 143,
} as const;

/** From the worst to the best: the exit code of several things that were done one after the other is the first of these. */
export const WORST_FIRST: readonly ExitCode[] = [
  EXIT.interrupted,
  EXIT.terminated,
  EXIT.usage,
  EXIT.config,
  EXIT.failed,
  EXIT.locked,
  EXIT.damaged,
  EXIT.afterwards,
  EXIT.done,
];

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
