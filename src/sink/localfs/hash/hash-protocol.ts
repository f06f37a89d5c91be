/** The messages between the main thread and the hashing thread. */
import type { Digest } from '../../sink.js';

export interface FollowRequest {
  readonly type: 'follow';
  readonly id: number;
  /** Open for reading. The main thread closes it when the hashing thread has answered. */
  readonly readFd: number;
  /** The writer's descriptor. Its position tells whether the writer used no other. Undefined when nobody writes any more. */
  readonly writeFd: number | undefined;
  /** One counter of 64 bits: the bytes read so far. */
  readonly progress: SharedArrayBuffer;
}

export type ToHashThread =
  | FollowRequest
  /** The writer has ended. The thread reads to the end of the file and answers `done`. */
  | { readonly type: 'end'; readonly id: number }
  /** The object is not wanted. The thread stops using its descriptors and answers `dropped`. */
  | { readonly type: 'drop'; readonly id: number };

export type FromHashThread =
  | { readonly type: 'done'; readonly id: number; readonly digest: Digest }
  | { readonly type: 'dropped'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly problem: string };
