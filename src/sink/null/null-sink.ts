/** A sink that counts bytes and keeps nothing: to try out pipelines, and for `--dry-run`. */
import type { NullPlan } from '../../config/plan/sinks/null.js';
import { Failure } from '../../failure/failure.js';
import { type Drain, openDrain } from '../../host/drain.js';
import { describePlace } from '../facts.js';
import type { ObjectWriter, Sink, StoredCopy } from '../sink.js';
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
    async open() {
      const drains = new Set<Drain>();
      return {
        location: NOWHERE,
        async create() {
          const drain = await openDrain();
          drains.add(drain);
          return writerInto(drain);
        },
        commit: async () => undefined,
        async abort() {
          await Promise.all([...drains].map((drain) => drain.close()));
        },
      };
    },
    settle: async () => undefined,
    remove: async () => undefined,
    close: async () => undefined,
  };
}

function writerInto(drain: Drain): ObjectWriter {
  return {
    fd: drain.fd,
    handOver: () => drain.handOver(),
    bytes: () => drain.bytes(),
    async finish() {
      await drain.end();
      return { size: drain.bytes(), sha256: null };
    },
    abort: () => drain.close(),
    explain: async () => undefined,
  };
}

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
