/** A separate process that lists the copies of one task: when its store hangs, nothing else hangs. */
import { Failure, messageOf } from '../../failure/failure.js';
import { within } from '../operation/bracket.js';
import { describeHost, openOperation } from '../operation/operation.js';
import { sinkBracket } from '../operation/places.js';
import type { ListAnswer, ListQuestion } from './list-protocol.js';

// Whoever has asked is gone; the store may never answer.
process.once('disconnect', () => process.exit());

process.once('message', (question: ListQuestion) => {
  void answer(question).then((said) => {
    process.send?.(said, () => process.disconnect());
  });
});

async function answer({ backup, tasks, environment }: ListQuestion): Promise<ListAnswer> {
  const operation = openOperation({
    plan: {
      files: [],
      clients: undefined,
      warnings: [],
      workers: 1,
      verbosity: 0,
      tasks,
      execs: [],
    },
    host: describeHost(environment),
    outlet: () => undefined,
    signal: new AbortController().signal,
  });
  try {
    const listing = await within(operation, sinkBracket(operation, backup), (sink) => sink.list());
    return { type: 'listing', listing };
  } catch (error) {
    if (error instanceof Failure) return { type: 'failed', why: error.message };
    return { type: 'failed', why: `a defect of palhm: ${messageOf(error)}` };
  }
}
