/** Commands real processes: a test starts a stage, waits until it runs, and tells it what to do next. No sleeps. */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Order } from './actor.js';
import { makeScratch } from './scratch.js';

const ACTOR = fileURLToPath(new URL('actor.js', import.meta.url));

export interface Actor {
  readonly pid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gives an order; resolves with the answer when it has been carried out. */
  tell(order: Order): Promise<unknown>;
  /** Gives an order after which there is nobody left to answer; resolves when the connection has ended. */
  end(order: Order): Promise<void>;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
}

export interface Rig {
  readonly directory: string;
  /** The argv of a stage under this name. */
  argv(name: string): string[];
  /** Resolves when the stage of this name runs. */
  invoked(name: string): Promise<Actor>;
  /** True when the stage has been started by now. */
  wasInvoked(name: string): boolean;
  close(): void;
}

export async function openRig(): Promise<Rig> {
  const directory = makeScratch();
  const path = join(directory, 'socket');
  const actors = new Map<string, PromiseWithResolvers<Actor>>();
  const sockets = new Set<Socket>();
  const started = new Set<string>();
  const slot = (name: string): PromiseWithResolvers<Actor> => {
    const found = actors.get(name) ?? withResolvers<Actor>();
    actors.set(name, found);
    return found;
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    const answers: PromiseWithResolvers<unknown>[] = [];
    const gone = once(socket, 'close').then(() => {});
    createInterface({ input: socket }).on('line', (line) => {
      const message = JSON.parse(line) as {
        name?: string;
        pid: number;
        env: Actor['env'];
        done?: unknown;
      };
      if (message.name === undefined) return answers.shift()?.resolve(message.done);
      started.add(message.name);
      const send = (order: Order): void => void socket.write(`${JSON.stringify(order)}\n`);
      slot(message.name).resolve({
        pid: message.pid,
        env: message.env,
        gone,
        tell(order) {
          const answer = withResolvers<unknown>();
          answers.push(answer);
          send(order);
          return answer.promise;
        },
        async end(order) {
          send(order);
          await gone;
        },
      });
    });
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    directory,
    argv: (name) => [process.execPath, ACTOR, path, name],
    invoked: (name) => slot(name).promise,
    wasInvoked: (name) => started.has(name),
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
