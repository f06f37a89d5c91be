/** A process of its own that lists the copies of one task: a store that hangs then hangs nothing else. */
import { loadPlan } from '../../config/load.js';
import { findBackup } from '../../config/plan/tasks.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { openSink } from '../open-sink.js';
import type { ListAnswer, ListQuestion } from './list-protocol.js';

process.once('message', (question: ListQuestion) => {
  void answer(question).then((said) => {
    process.send?.(said, () => process.disconnect());
  });
});

async function answer({ file, task }: ListQuestion): Promise<ListAnswer> {
  try {
    const backup = findBackup(await loadPlan({ type: 'file', path: file }), task);
    const sink = await openSink({ emit: () => undefined }, backup);
    return { type: 'listing', listing: await sink.list() };
  } catch (error) {
    if (error instanceof Failure) return { type: 'failed', why: error.message };
    return { type: 'failed', why: `a defect of palhm: ${messageOf(error)}` };
  }
}
