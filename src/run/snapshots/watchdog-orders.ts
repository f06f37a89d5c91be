/** What a watchdog is told. */
export interface WatchdogOrders {
  /** For its messages: `group "db"`. */
  readonly what: string;
  readonly maxMs: number;
  /** Run one after the other, each whatever the others do. */
  readonly thaw: readonly ThawCommand[];
  /** Processes with this in their environment are ended, such as `PALHM_HOLD=…`. Null: none. */
  readonly hold: string | null;
}

export interface ThawCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string | undefined;
}

/** The line that it prints when it watches. */
export const READY = 'watching';
/** The line by which it is told that there is nothing to thaw any more. */
export const THAWED = 'thawed';

/** How it ends. */
export const WATCHDOG_EXIT = {
  notNeeded: 0,
  /** palhm has died, or could not thaw. */
  abandoned: 3,
  /** The time was over. */
  late: 4,
} as const;
