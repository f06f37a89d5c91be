/**
 * The manifest of a copy: its objects, and how to restore them without palhm. `schema/manifest.schema.json` and
 * doc/manifest.md describe it. Times are ISO 8601 in UTC. It is written last, so a copy with a manifest is complete.
 */

/** The name of the manifest in the directory of its copy. */
export const MANIFEST_NAME = '.palhm-manifest.json';

export interface Manifest {
  readonly format: 1;
  readonly palhm: string;
  readonly host: string;
  readonly task: string;
  readonly prefix: string;
  readonly started: string;
  readonly finished: string;
  /** Each group comes after those that it depends on. Absent in copies of earlier versions. */
  readonly groups?: readonly ManifestGroup[];
  readonly objects: readonly ManifestObject[];
  readonly signature?: ManifestSignature;
}

export interface ManifestGroup {
  readonly id: string;
  readonly depends: readonly string[];
  /** What its objects read at one instant. Absent where there was none. */
  readonly snapshot?: ManifestSnapshot;
}

export interface ManifestSnapshot {
  /** What it was of, for people. */
  readonly of: string;
  /** ISO 8601: just before the instant that it shows. */
  readonly taken: string;
  /** How long something was frozen for it. Absent where nothing was. */
  readonly frozenMs?: number;
}

/** See `signature.ts`. */
export interface ManifestSignature {
  readonly algorithm: 'ed25519';
  /** The SHA-256 of the public key in DER (SubjectPublicKeyInfo), in lower-case hex. */
  readonly key: string;
  /** Base64. */
  readonly value: string;
}

export interface ManifestObject {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  /** The paths of its parts, in order, when the store could not take it as one. The first is `path` itself. */
  readonly volumes?: readonly string[];
  readonly group: string;
  readonly started: string;
  readonly finished: string;
  readonly stages: readonly ManifestStage[];
  /** A shell line, run in the directory of the copy. It writes the object, decoded as far as filters have inverses. */
  readonly restore: string;
  /** The pipeline that takes the stored bytes and puts them back into place, when the config declares one. */
  readonly apply?: readonly (readonly string[])[];
}

export interface ManifestStage {
  /** Secrets appear as their reference, such as `${credential:db-password}`. */
  readonly argv: readonly string[];
  /** Null when a signal ended the stage. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number;
  /** Null when the stage has none. */
  readonly inverse: readonly string[] | null;
  /** The last lines of its stderr, when it ended with another exit code than 0 or by a signal and that was accepted. */
  readonly stderr?: string;
}
