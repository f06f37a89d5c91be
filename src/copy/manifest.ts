/**
 * The manifest of a copy: what its objects are and how to get them back without palhm. `schema/manifest.schema.json` and
 * doc/manifest.md describe it. Times are ISO 8601 in UTC. It is written last, so a copy that has one is whole.
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
  /** The groups in an order in which each comes after those it depends on; absent in copies of earlier versions. */
  readonly groups?: readonly ManifestGroup[];
  readonly objects: readonly ManifestObject[];
  readonly signature?: ManifestSignature;
}

export interface ManifestGroup {
  readonly id: string;
  readonly depends: readonly string[];
}

/** See `signature.ts`. */
export interface ManifestSignature {
  readonly algorithm: 'ed25519';
  /** Which key: the SHA-256 of its public half in DER (SubjectPublicKeyInfo), lower-case hex. */
  readonly key: string;
  /** Base64. */
  readonly value: string;
}

export interface ManifestObject {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  /** Where its bytes lie when the store could not take them as one: paths in order, `path` itself first. */
  readonly volumes?: readonly string[];
  readonly group: string;
  readonly started: string;
  readonly finished: string;
  readonly stages: readonly ManifestStage[];
  /** A line for a shell, run in the copy's directory: the object, decoded as far as its filters have inverses, on stdout. */
  readonly restore: string;
  /** The pipeline that brings the stored bytes back to where they came from, when the config declares one. */
  readonly apply?: readonly (readonly string[])[];
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
  /** The end of what it wrote to stderr, when it ended with an exit code other than 0 or by a signal that is accepted. */
  readonly stderr?: string;
}
