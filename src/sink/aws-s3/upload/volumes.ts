/** Cuts one stream of bytes into volumes: the next one begins when one is full and there are more bytes. */

export interface Volume {
  readonly bytes: AsyncGenerator<Uint8Array>;
  /** Resolves when the volume is full and there are more bytes, or when the stream has ended. Rejects when that fails. */
  readonly ended: Promise<'full' | 'last'>;
}

/** There is at least one volume. Each must be read to its end before the next one is asked for. `capacities`: in bytes. */
export async function* openVolumes(
  chunks: AsyncIterable<Uint8Array>,
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

  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      let room = capacity;
      let next = await source.peek();
      while (next !== undefined && room > 0) {
        const bytes = source.take(Math.min(room, next.length));
        room -= bytes.length;
        yield bytes;
        next = await source.peek();
      }
      onEnd(next === undefined ? 'last' : 'full');
    } catch (error) {
      onFailure(error);
      throw error;
    }
  }

  return { bytes: read(), ended };
}

interface Source {
  /** The bytes that come next. Undefined at the end. */
  peek(): Promise<Uint8Array | undefined>;
  /** The first `count` bytes of those that `peek` has shown. */
  take(count: number): Uint8Array;
}

function openSource(chunks: AsyncIterable<Uint8Array>): Source {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Uint8Array | undefined;
  return {
    async peek() {
      if (rest === undefined) {
        const { done, value } = await iterator.next();
        rest = done === true ? undefined : value;
      }
      return rest;
    },
    take(count) {
      const bytes = rest?.subarray(0, count) ?? new Uint8Array();
      rest = rest === undefined || rest.length === count ? undefined : rest.subarray(count);
      return bytes;
    },
  };
}
