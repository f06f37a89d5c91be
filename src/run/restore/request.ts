/** What a restore, and the printing of one, are asked to do. */
import type { CopyPlace } from '../../config/plan/sinks/sinks.js';
import type { ImagePlace } from './image/image.js';

export interface RestoreRequest {
  readonly source: CopySource;
  /** Paths of objects, or of directories that hold objects, as tar takes names. Empty: all objects. */
  readonly objects: readonly string[];
  readonly way: RestoreWay;
  readonly recovery: RecoveryChoice;
  readonly consent: Consent;
}

/** Which of the programs run that the config has for a recovery. */
export type RecoveryChoice =
  | { readonly type: 'none' }
  /** `root`: the directory for those that run inside of what was brought back; undefined: they do not run. */
  | { readonly type: 'hooks'; readonly root: string | undefined };

export interface PrintRequest {
  readonly source: CopySource;
  /** As those of a restore. */
  readonly objects: readonly string[];
  /** The stored bytes, not decoded. */
  readonly raw: boolean;
  /** Through the whole inverse pipeline, to where the objects came from. */
  readonly apply: boolean;
  readonly recovery: RecoveryChoice;
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

export type RestoreWay = ToDirectory | ToStdout | Onto | AsDomain | Apply;

export interface ToDirectory {
  readonly type: 'directory';
  readonly directory: string;
  /** Whether to unpack what decodes to a tar file. */
  readonly extract: boolean;
  /** The stored bytes, not decoded. */
  readonly raw: boolean;
  /** Whether to replace files that are there. */
  readonly force: boolean;
}

export interface ToStdout {
  readonly type: 'stdout';
  /** The descriptor that the object is written to. */
  readonly fd: number;
  readonly raw: boolean;
  /** True when stdout is a terminal, and the user has not asked to write there what is not text. */
  readonly textOnly: boolean;
}

/** One object becomes a disk. */
export interface Onto {
  readonly type: 'onto';
  readonly place: ImagePlace;
  /** The stored bytes, not decoded. */
  readonly raw: boolean;
  /** Whether to overwrite what is there. */
  readonly force: boolean;
}

/** The XML and the disks of a virtual machine become one of libvirt. */
export interface AsDomain {
  readonly type: 'domain';
  /** Undefined: the name in the XML. */
  readonly name: string | undefined;
  /** By their targets, such as `vda`; the others go to where they were. */
  readonly disks: ReadonlyMap<string, ImagePlace>;
  /** Of libvirt; undefined: that of virsh. */
  readonly uri: string | undefined;
  readonly raw: false;
  /** Whether to overwrite what is there. */
  readonly force: boolean;
}

export interface Apply {
  readonly type: 'apply';
}

/** How a person says yes to what runs. */
export type Consent =
  | { readonly type: 'given' }
  /** There is no person to ask. */
  | { readonly type: 'absent' }
  | { readonly type: 'ask'; readonly ask: (question: Question) => Promise<boolean> };

export interface Question {
  /** What the person has to know, one fact per line. */
  readonly lines: readonly string[];
  /** One question to be answered with yes or no. */
  readonly text: string;
  /** What is told where there is nobody to ask: why somebody is. */
  readonly without: string;
  /** What to do there; undefined: to add --yes. */
  readonly hint?: string;
}
