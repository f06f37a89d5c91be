/**
 * Hashes the objects of one copy: one at a time on the main thread, which costs the least, and the others meanwhile on a second
 * thread.
 */
import { Worker } from 'node:worker_threads';
import { createHashHere, type ObjectHash, type Proofs, type SealedPart } from './part-hash.js';
import type { FromPartHashThread, ToPartHashThread } from './part-hash-thread.js';

export interface PartHashes {
  open(proofs: Proofs): OpenHash;
  /** Ends the thread. */
  close(): Promise<void>;
}

export interface OpenHash extends ObjectHash {
  /** To be called when the hash is not needed any more. */
  close(): void;
}

/** The script of the thread takes a few kilobytes. What it hashes is outside the heap. */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 };

/** With `spareMainThread` everything is hashed on the second thread. */
export function createPartHashes({ spareMainThread = false } = {}): PartHashes {
  let mainThreadIsTaken = spareMainThread;
  let thread: HashThread | undefined;
  let lastObject = 0;
  return {
    open(proofs) {
      if (mainThreadIsTaken) thread ??= startThread();
      if (mainThreadIsTaken && thread !== undefined) {
        lastObject += 1;
        return hashThere(thread, lastObject, proofs);
      }
      mainThreadIsTaken = true;
      const close = (): void => {
        mainThreadIsTaken = spareMainThread;
      };
      return { ...createHashHere(proofs), close };
    },
    async close() {
      await thread?.close();
    },
  };
}

interface HashThread {
  tell(message: ToPartHashThread): void;
  ask(make: (id: number) => ToPartHashThread): Promise<FromPartHashThread>;
  close(): Promise<void>;
}

/** Undefined when no thread can be started. Then the main thread hashes everything. */
function startThread(): HashThread | undefined {
  let worker: Worker;
  try {
    const options = { name: 'palhm-hash', resourceLimits: LIMITS, execArgv: [], env: {} };
    worker = new Worker(new URL('./part-hash-thread.js', import.meta.url), options);
  } catch {
    return undefined;
  }
  const waiting = createWaiting(worker);
  let lastId = 0;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread of Node, not a window
  const tell = (message: ToPartHashThread): void => worker.postMessage(message);
  return {
    tell,
    ask(make) {
      lastId += 1;
      const answer = waiting.add(lastId);
      tell(make(lastId));
      return answer;
    },
    async close() {
      await worker.terminate();
    },
  };
}

interface Waiting {
  readonly resolve: (answer: FromPartHashThread) => void;
  readonly reject: (error: unknown) => void;
}

/** The calls that wait for an answer. As long as there are any, the thread keeps the process alive. */
function createWaiting(worker: Worker) {
  const waiting = new Map<number, Waiting>();
  let dead: { readonly error: unknown } | undefined;
  const die = (error: unknown): void => {
    dead ??= { error };
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.once('error', die);
  worker.once('exit', () => die(new Error('the hashing thread ended before its time')));
  worker.on('message', (answer: FromPartHashThread) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0) worker.unref();
    if ('problem' in answer) asked?.reject(new Error(answer.problem));
    else asked?.resolve(answer);
  });
  // After the listeners, because adding one keeps the process alive again.
  worker.unref();
  return {
    async add(id: number): Promise<FromPartHashThread> {
      if (dead !== undefined) throw dead.error;
      worker.ref();
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
      });
    },
  };
}

function hashThere(thread: HashThread, object: number, proofs: Proofs): OpenHash {
  return {
    arrived: () => undefined,
    async seal(bytes): Promise<SealedPart> {
      const answer = await thread.ask((id) => ({ type: 'part', id, object, proofs, bytes }));
      if (!('proofs' in answer)) throw new Error('the hashing thread answered something else');
      return { bytes, ...answer.proofs };
    },
    async digest() {
      const answer = await thread.ask((id) => ({ type: 'digest', id, object }));
      if (!('digest' in answer)) throw new Error('the hashing thread answered something else');
      return answer.digest;
    },
    close: () => thread.tell({ type: 'forget', object }),
  };
}
