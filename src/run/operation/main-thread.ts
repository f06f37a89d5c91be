import { isMainThread } from 'node:worker_threads';

/**
 * The engine never runs in a worker thread: stages ask the kernel for a signal when their parent dies, and to the kernel
 * that parent is the thread that started them (prctl(2), PR_SET_PDEATHSIG). They would be killed when the worker ends.
 */
export function refuseWorkerThread(): void {
  if (!isMainThread) throw new Error('the engine of palhm must not run in a worker thread');
}
