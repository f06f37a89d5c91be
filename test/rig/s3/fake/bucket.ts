/** One bucket in memory, its keys in order. */
import type { Body } from './body.js';

export interface FakeObject {
  readonly body: Body;
  readonly modified: Date;
  readonly storageClass: string;
}

export interface FakeUpload {
  readonly id: string;
  readonly key: string;
  readonly storageClass: string;
  readonly parts: Map<number, Body>;
}

export class FakeBucket {
  readonly uploads = new Map<string, FakeUpload>();
  readonly #objects = new Map<string, FakeObject>();
  #keys: string[] = [];
  /** What a listing shows while it lags behind; undefined when it does not. */
  #shown: readonly (readonly [string, FakeObject])[] | undefined;

  get(key: string): FakeObject | undefined {
    return this.#objects.get(key);
  }

  put(key: string, object: FakeObject): void {
    if (!this.#objects.has(key)) this.#keys.splice(this.#indexOf(key), 0, key);
    this.#objects.set(key, object);
  }

  delete(key: string): void {
    if (this.#objects.delete(key)) this.#keys.splice(this.#indexOf(key), 1);
  }

  /** Whatever is written and removed from now on is not seen in a listing, until `catchUp`. */
  lagBehind(): void {
    this.#shown = [...this.list('', '')];
  }

  catchUp(): void {
    this.#shown = undefined;
  }

  /** What begins with the prefix and comes after the key, in order. */
  *list(prefix: string, after: string): Generator<readonly [string, FakeObject]> {
    if (this.#shown !== undefined) {
      yield* this.#shown.filter(([key]) => key.startsWith(prefix) && key > after);
      return;
    }
    const start = after >= prefix ? this.#indexOf(`${after}\0`) : this.#indexOf(prefix);
    for (let index = start; index < this.#keys.length; index++) {
      const key = this.#keys[index] ?? '';
      const object = this.#objects.get(key);
      if (!key.startsWith(prefix) || object === undefined) return;
      yield [key, object];
    }
  }

  /** Where the key is, or would be. */
  #indexOf(key: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
