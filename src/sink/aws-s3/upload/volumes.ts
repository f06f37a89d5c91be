/** Cuts one stream of bytes into volumes: the next one begins when one is full and there are more bytes. */
import type { Chunk } from '../../../host/intake.js';

export interface Volume {
  readonly chunks: AsyncGenerator<Chunk>;
  /** Resolves when the volume is full and there are more bytes, or when the stream has ended. Rejects when that fails. */
  readonly ended: Promise<'full' | 'last'>;
}

/** There is at least one volume. Each must be read to its end before the next one is asked for. `capacities`: in bytes. */
export async function* openVolumes(
  chunks: AsyncIterable<Chunk>,
  capacities: Iterator<number>,
): AsyncGenerator<Volume> {
  const source = openSource(chunks);
  do {
    const { value: capacity } = capacities.next();
    yield openVolume(source, Number(capacity));
  } while ((await source.peek()) !== undefined);
}

function openVolume(source: Source, capacity: number): Volume {
  let [onEnd, onFailure]: [(how: 'full' | 'last') => void, (error: unknown) => void] = [
    () => {},
    () => {},
  ];
  const ended = new Promise<'full' | 'last'>((resolve, reject) => {
    [onEnd, onFailure] = [resolve, reject];
  });
  ended.catch(() => undefined);

  async function* read(): AsyncGenerator<Chunk> {
    try {
      let room = capacity;
      let next = await source.peek();
      while (next !== undefined && room > 0) {
        const chunk = source.take(Math.min(room, next.bytes.length));
        room -= chunk.bytes.length;
        yield chunk;
        next = await source.peek();
      }
      onEnd(next === undefined ? 'last' : 'full');
    } catch (error) {
      onFailure(error);
      throw error;
    }
  }

  return { chunks: read(), ended };
}

interface Source {
  /** The chunk that comes next. Undefined at the end. */
  peek(): Promise<Chunk | undefined>;
  /** The first `count` bytes of the chunk that `peek` has shown. */
  take(count: number): Chunk;
}

function openSource(chunks: AsyncIterable<Chunk>): Source {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Chunk | undefined;
  return {
    async peek() {
      if (rest === undefined) {
        const { done, value } = await iterator.next();
        rest = done === true ? undefined : value;
      }
      return rest;
    },
    take(count) {
      if (rest === undefined) throw new Error('there is no chunk');
      const chunk = rest;
      const { bytes } = chunk;
      rest = count < bytes.length ? keep(bytes.subarray(count)) : undefined;
      return rest === undefined ? chunk : keep(bytes.subarray(0, count));
    },
  };
}

/** Two volumes need its memory: it is not given back. */
function keep(bytes: Chunk['bytes']): Chunk {
  return { bytes, giveBack: () => undefined };
}
