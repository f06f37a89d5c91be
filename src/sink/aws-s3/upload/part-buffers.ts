/** The memory for the parts of the objects of one copy. It is allocated when needed and used again. */

export interface PartBuffers {
  take(size: number): Buffer;
  giveBack(buffer: Buffer): void;
}

export function createPartBuffers(): PartBuffers {
  let free: Buffer[] = [];
  return {
    take(size) {
      const index = free.findIndex((buffer) => buffer.length === size);
      const [found] = index === -1 ? [] : free.splice(index, 1);
      if (found !== undefined) return found;
      // The free buffers have another size, so the objects that are written now cannot use them.
      free = [];
      // Shared memory, so that a thread can hash it without a copy.
      return Buffer.from(new SharedArrayBuffer(size));
    },
    giveBack: (buffer) => void free.push(buffer),
  };
}
