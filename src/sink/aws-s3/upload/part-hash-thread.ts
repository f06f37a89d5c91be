/** The thread that hashes the parts of objects, while the main thread reads and sends others. */
import { createHash, type Hash } from 'node:crypto';
import { type MessagePort, parentPort } from 'node:worker_threads';
import { messageOf } from '../../../failure/failure.js';
import { type Proofs, type SealedPart, startPart } from './part-hash.js';

/** The bytes are shared, not copied. The thread knows an object from its first part to its `digest` or `forget`. */
export type ToPartHashThread =
  | {
      readonly type: 'part';
      readonly id: number;
      readonly object: number;
      readonly proofs: Proofs;
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'digest'; readonly id: number; readonly object: number }
  | { readonly type: 'forget'; readonly object: number };

export type FromPartHashThread =
  | { readonly id: number; readonly proofs: Omit<SealedPart, 'bytes'> }
  | { readonly id: number; readonly digest: string }
  | { readonly id: number; readonly problem: string };

/** Both hashes process one step before the next, so that its bytes are read from memory only once. */
const STEP = 256 * 1024;

if (parentPort !== null) serve(parentPort);

function serve(port: MessagePort): void {
  const objects = new Map<number, Hash>();

  function answer(message: Exclude<ToPartHashThread, { type: 'forget' }>): FromPartHashThread {
    const { id, object } = message;
    const whole = objects.get(object) ?? createHash('sha256');
    objects.set(object, whole);
    if (message.type === 'part') return { id, proofs: hashPart(message, whole) };
    objects.delete(object);
    return { id, digest: whole.digest('hex') };
  }

  port.on('message', (message: ToPartHashThread) => {
    if (message.type === 'forget') {
      objects.delete(message.object);
      return;
    }
    try {
      port.postMessage(answer(message));
    } catch (error) {
      port.postMessage({ id: message.id, problem: messageOf(error) });
    }
  });
}

function hashPart(
  { bytes, proofs }: { readonly bytes: Uint8Array; readonly proofs: Proofs },
  whole: Hash,
): Omit<SealedPart, 'bytes'> {
  const part = startPart(proofs);
  for (let start = 0; start < bytes.length; start += STEP) {
    const step = bytes.subarray(start, start + STEP);
    whole.update(step);
    part.add(step);
  }
  return part.end();
}
