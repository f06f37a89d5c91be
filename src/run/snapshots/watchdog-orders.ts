/** What palhm and a watchdog tell each other. */
export interface WatchdogOrders {
  /** For its messages: `group "db"`. */
  readonly what: string;
  readonly maxMs: number;
  /** Programs with this in their environment, which freeze or hold, are ended first: `PALHM_HOLD=…`. */
  readonly mark: string;
  /** Run one after the other, each whatever the others do. */
  readonly thaw: readonly ThawCommand[];
}

export interface ThawCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string | undefined;
}

/** The lines that it prints. */
export const SAYS = {
  watching: 'watching',
  /** The time is over, and it thaws now. */
  late: 'late',
  /** It has thawed, as far as it could. */
  done: 'done',
} as const;

/** The line by which it is told that there is nothing to thaw any more. */
export const THAWED = 'thawed';

/** A thaw that hangs must not keep the next one from running. */
export const THAW_MS = 30_000;
