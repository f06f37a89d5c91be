/** How the fake differs from a good store: what a test may set, and change while it runs. */
import type { Answer } from './answer.js';
import type { Call } from './call.js';

export interface Rules {
  /** The most that one request copies. */
  copyLimit: number;
  /** Parts of one upload. */
  maxParts: number;
  /** Keys on a page of a listing. */
  pageSize: number;
  /** What is signed for another region is refused so. */
  wrongRegion: 'malformed' | 'redirect';
  region: string;
  /** What becomes of `If-None-Match`. */
  conditions: 'kept' | 'ignored' | 'refused';
  /** Whether CompleteMultipartUpload says what the object's tag is. */
  completeSaysTag: boolean;
  /** The code of the error of a key in a batch delete; undefined when it goes. */
  deleteFaults: (key: string) => string | undefined;
  /** How far the store's clock is ahead of ours. */
  aheadMs: number;
  /** Asked before the store does anything: an answer instead of its own, or what goes wrong. */
  meet: (call: Call, number: number) => Meeting | Promise<Meeting>;
}

/**
 * `lose`: done, but its answer is lost with the connection. `hang`: neither done nor answered. An answer: not done.
 */
export type Meeting = Answer | 'serve' | 'lose' | 'hang';

export function goodRules(): Rules {
  return {
    copyLimit: 5 * 1024 ** 3,
    maxParts: 10_000,
    pageSize: 1000,
    wrongRegion: 'malformed',
    region: 'us-east-1',
    conditions: 'kept',
    completeSaysTag: true,
    deleteFaults: () => undefined,
    aheadMs: 0,
    meet: () => 'serve',
  };
}
