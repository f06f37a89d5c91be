/** A sink that counts and hashes bytes and keeps nothing: to try out pipelines, and for `--dry-run`. */
import type { NullPlan } from '../../config/plan/sinks/null.js';
import { Failure } from '../../failure/failure.js';
import { NOWHERE as TAKEN_NOWHERE } from '../../host/intake.js';
import { describePlace } from '../facts.js';
import type { ObjectConsumer, Sink, StoredCopy } from '../sink.js';
import { nullFacts } from './facts.js';

const NOWHERE = 'nowhere (null)';

export function createNullSink(plan: NullPlan): Sink {
  const facts = nullFacts(plan);
  return {
    description: describePlace(facts),
    root: facts.root,
    lock: async () => ({ release: async () => undefined }),
    tidy: async () => [],
    list: async () => ({ copies: [], strangers: [] }),
    stored: ({ name }) => storedNowhere(name),
    open: async () => ({
      location: null,
      create: async () => NO_CONSUMER,
      commit: async () => undefined,
      abort: async () => undefined,
    }),
    settle: async () => undefined,
    remove: async () => undefined,
    close: async () => undefined,
  };
}

const NO_CONSUMER: ObjectConsumer = {
  ...TAKEN_NOWHERE,
  finish: async (digest) => digest,
  abort: async () => undefined,
};

function storedNowhere(name: string): StoredCopy {
  const refuse = async (): Promise<never> => {
    throw new Failure({
      code: 'COPY_NOT_FOUND',
      message: `there is no copy ${name}: the null backend keeps nothing`,
    });
  };
  return {
    location: NOWHERE,
    directory: undefined,
    fetchCommand: () => undefined,
    manifest: refuse,
    inventory: refuse,
    read: refuse,
    digest: refuse,
    writeRecord: refuse,
    close: async () => undefined,
  };
}
