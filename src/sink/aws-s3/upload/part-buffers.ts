/** The memory of the parts of one copy's objects: made when needed, used again, never more than its objects may hold. */

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
      // Of another size: of no use to the objects of now.
      free = [];
      // Shared, so that a thread can hash what is being sent, without a copy.
      return Buffer.from(new SharedArrayBuffer(size));
    },
    giveBack: (buffer) => void free.push(buffer),
  };
}
