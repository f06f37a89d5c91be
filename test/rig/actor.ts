/**
 * A stage that does what a test tells it. It connects to the test's socket, says its name, and obeys one JSON line after
 * the other; each is answered when it is done. usage: node actor.js SOCKET NAME
 */
import { spawn } from 'node:child_process';
import { readSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

export type Order =
  | { readonly do: 'print'; readonly text: string }
  | { readonly do: 'complain'; readonly text: string }
  | { readonly do: 'read-all' }
  | { readonly do: 'ignore-sigterm' }
  | { readonly do: 'start-grandchild' }
  | { readonly do: 'exit'; readonly code: number }
  | { readonly do: 'die'; readonly signal: NodeJS.Signals };

const [socketPath = '', name = ''] = process.argv.slice(2);
const socket = connect(socketPath);
const answer = (value: unknown): void => void socket.write(`${JSON.stringify(value)}\n`);

socket.on('connect', () =>
  answer({ name, pid: process.pid, env: process.env, argv: process.argv }),
);
socket.on('error', () => process.exit(99));
// The test is over: so is the play.
socket.on('close', () => process.exit(98));
createInterface({ input: socket }).on('line', (line) => obey(JSON.parse(line) as Order));

function obey(order: Order): void {
  switch (order.do) {
    case 'print':
      writeSync(1, order.text);
      return answer({ done: true });
    case 'complain':
      writeSync(2, order.text);
      return answer({ done: true });
    case 'read-all':
      return answer({ done: readAll() });
    case 'ignore-sigterm':
      process.on('SIGTERM', () => {});
      return answer({ done: true });
    case 'start-grandchild':
      return answer({ done: spawn('sleep', ['600'], { stdio: 'inherit' }).pid });
    case 'exit':
      return process.exit(order.code);
    case 'die':
      process.kill(process.pid, order.signal);
  }
}

function readAll(): string {
  const parts: Buffer[] = [];
  const chunk = Buffer.alloc(65536);
  for (let size = readSync(0, chunk); size > 0; size = readSync(0, chunk))
    parts.push(Buffer.from(chunk.subarray(0, size)));
  return Buffer.concat(parts).toString();
}
