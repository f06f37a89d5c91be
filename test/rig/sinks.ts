/** What the tests of sinks share: plans, prefixes, manifests, and writers that are real processes. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import type { LocalfsPlan } from '../../src/config/plan/sinks/localfs.js';
import type { SinkPlan } from '../../src/config/plan/sinks/sinks.js';
import type { Manifest } from '../../src/copy/manifest.js';
import { type Prefix, parsePrefix } from '../../src/copy/prefix.js';
import type { PipelineIntake } from '../../src/exec/pipeline.js';
import { createRedactor } from '../../src/exec/redactor.js';
import type { Lock } from '../../src/host/file-lock.js';
import { openIntake } from '../../src/host/intake.js';
import { createThreads } from '../../src/host/threads/threads.js';
import { createSink } from '../../src/sink/registry.js';
import type { NewObject, OpenCopy, Sink, SinkContext, StoredObject } from '../../src/sink/sink.js';

const TASK = 'backup';

export function localfsPlan(root: string, modes: Partial<LocalfsPlan> = {}): LocalfsPlan {
  return {
    type: 'localfs',
    root,
    directoryMode: 0o750,
    fileMode: 0o640,
    minFree: undefined,
    prefix: { timespec: 'seconds' },
    retention: { copies: { type: 'none' }, size: { type: 'none' }, keep: undefined },
    ...modes,
  };
}

export function contextOf(own: Partial<SinkContext> = {}): SinkContext {
  return {
    task: TASK,
    emit: () => undefined,
    host: hostname(),
    environment: process.env,
    redactor: createRedactor(),
    findSharer: async () => undefined,
    checkSignature: undefined,
    ...own,
  };
}

export function sinkOf(plan: SinkPlan, task = TASK): Promise<Sink> {
  return createSink(plan, contextOf({ task }));
}

export function lockNow(sink: Sink, request: { waitMs?: number } = {}): Promise<Lock> {
  return sink.lock({
    task: TASK,
    waitMs: 0,
    onWait: () => undefined,
    signal: new AbortController().signal,
    ...request,
  });
}

/** The prefix of the copy number `index`: one a second. */
export function prefixAt(index: number): Prefix {
  const time = new Date(Date.UTC(2022, 4, 1) + index * 1000).toISOString();
  const prefix = parsePrefix(`${time.slice(0, 19)}+00:00`);
  assert.ok(prefix);
  return prefix;
}

export interface Written extends StoredObject {
  readonly path: string;
}

/** For a manifest of which only the listing matters. */
export const SMALL_OBJECT: Written = { path: 'o', size: 2, sha256: '0'.repeat(64) };

export function manifestOf(prefix: Prefix, objects: readonly Written[], task = TASK): Manifest {
  const time = '2022-05-01T00:00:00.000Z';
  return {
    format: 1,
    palhm: '0.1.0',
    host: 'host.example',
    task,
    prefix: prefix.name,
    started: time,
    finished: time,
    objects: objects.map(({ path, size, sha256 }) => ({
      path,
      size,
      sha256,
      group: 'default',
      started: time,
      finished: time,
      stages: [{ argv: ['sh'], exitCode: 0, signal: null, durationMs: 1, inverse: null }],
      restore: `cat '${path}'`,
    })),
  };
}

/** An object that is being written: the intake and the consumer of its sink. */
export interface Writing extends PipelineIntake {
  finish(): Promise<StoredObject>;
  abort(): Promise<void>;
}

const threads = createThreads();

export async function beginObject(
  copy: OpenCopy,
  path: string,
  own: Partial<NewObject> = {},
): Promise<Writing> {
  const consumer = await copy.create({
    path,
    allocSize: undefined,
    expectedSize: undefined,
    ...own,
  });
  const intake = await openIntake(threads, consumer);
  const { signal } = new AbortController();
  return {
    ...intake,
    async finish() {
      intake.handOver();
      const { size, sha256 } = await intake.taken;
      await intake.seal(signal);
      return await consumer.finish({ size, sha256 });
    },
    async abort() {
      await intake.close();
      await consumer.abort();
    },
  };
}

/** Starts a shell that writes to the object, and hands the descriptor over to it. */
export function startStage(writing: Writing, script: string): ChildProcess {
  const child = spawn('bash', ['-c', script], { stdio: ['pipe', writing.fd, 'inherit'] });
  writing.handOver();
  return child;
}

export async function writeObject(copy: OpenCopy, path: string, script: string): Promise<Written> {
  const writing = await beginObject(copy, path);
  const child = startStage(writing, script);
  child.stdin?.end();
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  return { path, ...(await writing.finish()) };
}

/** A whole copy with one object, `o`, that holds `text`. */
export async function makeCopy(
  sink: Sink,
  prefix: Prefix,
  made: { readonly task?: string; readonly text?: string } = {},
): Promise<void> {
  const copy = await sink.open(prefix, { id: `made-${prefix.micros}` });
  const object = await writeObject(copy, 'o', `printf %s '${made.text ?? 'text'}'`);
  await copy.commit(manifestOf(prefix, [object], made.task ?? TASK));
}

export async function listedNames(sink: Sink): Promise<readonly string[]> {
  return (await sink.list()).copies.map(({ prefix }) => prefix.name);
}
