/** The manifest of a copy; `schema/manifest.schema.json` and doc/manifest.md describe it. Times are ISO 8601 in UTC. */
export interface Manifest {
  readonly format: 1;
  readonly palhm: string;
  readonly host: string;
  readonly task: string;
  readonly prefix: string;
  readonly started: string;
  readonly finished: string;
  readonly objects: readonly ManifestObject[];
}

export interface ManifestObject {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly group: string;
  readonly started: string;
  readonly finished: string;
  readonly stages: readonly ManifestStage[];
  /** A line for a shell, run in the copy's directory: the object, decoded as far as its filters have inverses, on stdout. */
  readonly restore: string;
}

export interface ManifestStage {
  /** Secrets appear as their reference, such as `${credential:db-password}`. */
  readonly argv: readonly string[];
  /** Null after a death by an accepted signal. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number;
  /** Null when the stage declares none. */
  readonly inverse: readonly string[] | null;
}
