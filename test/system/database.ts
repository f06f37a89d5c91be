/** What the tests ask of a database, whichever it is. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';

export interface Database {
  /** The server's process. */
  readonly pid: number;
  /** What a dump of conf.d/core.json needs to be told to find this server. */
  readonly connect: readonly string[];
  /** The client, for a shell line, reading SQL from stdin. */
  client(database: string): readonly string[];
  /** Runs SQL and returns what it prints. */
  query(database: string, sql: string): Promise<string>;
  /** Makes the database `shop` with at least 200 MB in its table `orders`. */
  fill(): Promise<void>;
  /** All rows of `orders`, in the order of their key. */
  rows(database: string): Promise<Rows>;
  stop(): Promise<void>;
}

export interface Rows {
  readonly count: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** Reads rows, one a line, without keeping them. */
export async function readRows(argv: readonly string[]): Promise<Rows> {
  const { child, finished } = start(argv);
  const hash = createHash('sha256');
  let count = 0;
  let bytes = 0;
  child.stdout?.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    bytes += chunk.length;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) count += 1;
  });
  await finished;
  return { count, bytes, sha256: hash.digest('hex') };
}

export async function runClient(argv: readonly string[]): Promise<string> {
  const { child, finished } = start(argv);
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  await finished;
  return Buffer.concat(chunks).toString();
}

function start(argv: readonly string[]): { child: ChildProcess; finished: Promise<void> } {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const finish = async (): Promise<void> => {
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`${argv.join(' ')} exited with ${code}`);
  };
  return { child, finished: finish() };
}
