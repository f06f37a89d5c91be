/** The name of a copy and the instant it stands for. Names sort as their instants do. */
export interface Prefix {
  /** Such as `2022-05-01T06:59:17+00:00`. */
  readonly name: string;
  /** Microseconds since the epoch: exact in a double until the year 2255. */
  readonly micros: number;
}
