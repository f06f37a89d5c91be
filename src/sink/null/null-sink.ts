/** Keeps nothing and counts everything: for trying pipelines out, and for `--dry-run`. */
import { Failure } from '../../failure/failure.js';
import type { Sink, StoredCopy } from '../sink.js';
import { createDrain } from './drain.js';

const NOWHERE = 'nowhere (null)';

export function createNullSink(): Sink {
  return {
    description: 'null',
    lock: async () => ({ release: async () => undefined }),
    sweep: async () => [],
    list: async () => ({ copies: [], strangers: [] }),
    stored: ({ name }) => storedNowhere(name),
    async open() {
      const drains = new Set<Awaited<ReturnType<typeof createDrain>>>();
      return {
        location: NOWHERE,
        fetchCommand: () => undefined,
        async create() {
          const drain = await createDrain();
          drains.add(drain);
          return drain;
        },
        commit: async () => undefined,
        async abort() {
          await Promise.all([...drains].map((drain) => drain.abort()));
        },
      };
    },
    settle: async () => undefined,
    remove: async () => undefined,
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
    manifest: refuse,
    inventory: refuse,
    read: refuse,
    digest: refuse,
    writeRecord: refuse,
    close: async () => undefined,
  };
}
