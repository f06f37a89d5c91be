import { isMainThread } from 'node:worker_threads';

/**
 * The engine never runs in a worker thread. Stages ask the kernel for a signal when their parent dies, and for the kernel
 * the parent is the thread that started them (prctl(2), PR_SET_PDEATHSIG): they would be killed when the worker ends.
 */
export function refuseWorkerThread(): void {
  if (!isMainThread) throw new Error('the engine of palhm must not run in a worker thread');
}
