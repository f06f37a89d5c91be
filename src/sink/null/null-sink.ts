/** Keeps nothing and counts everything: for trying pipelines out, and for `--dry-run`. */
import { Failure } from '../../failure/failure.js';
import type { Sink } from '../sink.js';
import { createDrain } from './drain.js';

export function createNullSink(): Sink {
  return {
    description: 'null',
    lock: async () => ({ release: async () => undefined }),
    sweep: async () => [],
    list: async () => ({ copies: [], strangers: [] }),
    async manifest(copy) {
      throw new Failure({
        code: 'COPY_NOT_FOUND',
        message: `there is no copy ${copy.prefix.name}: the null backend keeps nothing`,
      });
    },
    async open() {
      const drains = new Set<Awaited<ReturnType<typeof createDrain>>>();
      return {
        location: 'nowhere (null)',
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
