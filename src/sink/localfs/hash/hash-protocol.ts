/** What the hashing thread and the main thread say to each other. */
import type { Digest } from '../../sink.js';

export interface FollowRequest {
  readonly type: 'follow';
  readonly id: number;
  /** Open for reading in this process; the main thread closes it once the thread is done with the object. */
  readonly readFd: number;
  /** The writer's descriptor: its position tells whether the writer wrote through it alone. Absent: nobody writes any more. */
  readonly writeFd: number | undefined;
  /** One 64 bit counter: how many bytes have been read. */
  readonly progress: SharedArrayBuffer;
}

export type ToHashThread =
  | FollowRequest
  /** The writer has ended: read to the end of the file and answer `done`. */
  | { readonly type: 'end'; readonly id: number }
  /** The object is not wanted: leave its descriptors alone and answer `dropped`. */
  | { readonly type: 'drop'; readonly id: number };

export type FromHashThread =
  | { readonly type: 'done'; readonly id: number; readonly digest: Digest }
  | { readonly type: 'dropped'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly problem: string };
