/** What a restore is asked to do. */
import type { CopyPlace } from '../../config/plan/sinks/sinks.js';

export interface RestoreRequest {
  readonly source: CopySource;
  /** Paths of objects, or of directories of objects in the copy, as tar takes names; none: all objects. */
  readonly objects: readonly string[];
  readonly way: RestoreWay;
  readonly consent: Consent;
}

export type CopySource =
  | {
      readonly type: 'task';
      readonly task: string | undefined;
      /** A prefix, or `latest`. */
      readonly copy: string;
    }
  | {
      readonly type: 'place';
      readonly place: CopyPlace;
      /** The file of the public key that its manifest must be signed with. */
      readonly publicKey: string | undefined;
    };

export type RestoreWay = ToDirectory | ToStdout | Applying;

export interface ToDirectory {
  readonly type: 'directory';
  readonly directory: string;
  /** Unpack what decodes to a tar file. */
  readonly extract: boolean;
  /** The stored bytes, not decoded. */
  readonly raw: boolean;
  /** Replace files that are there. */
  readonly force: boolean;
}

export interface ToStdout {
  readonly type: 'stdout';
  /** The descriptor that the object is written to. */
  readonly fd: number;
  readonly raw: boolean;
  /** Stdout is a terminal and nobody has forced it to take what is not text. */
  readonly textOnly: boolean;
}

export interface Applying {
  readonly type: 'apply';
}

/** How somebody says yes. */
export type Consent =
  | { readonly type: 'given' }
  /** There is nobody to ask. */
  | { readonly type: 'absent' }
  | { readonly type: 'ask'; readonly ask: (question: Question) => Promise<boolean> };

export interface Question {
  /** What there is to know, a line each. */
  readonly lines: readonly string[];
  /** One sentence that yes or no answers. */
  readonly text: string;
}
