/** The intake: what was written is what is stored, and nobody waits for a thread or a consumer without limit. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type Consumer, type Intake, NOWHERE, openIntake } from '../../src/host/intake.js';
import { createThreads } from '../../src/host/threads/threads.js';
import { countDescriptors, countThreads, PIPES_PER_BATCH } from '../rig/processes.js';
import { makeScratch } from '../rig/scratch.js';
import { until } from '../rig/until.js';

const directory = makeScratch();
const { signal } = new AbortController();

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function fileConsumer(handle: FileHandle, isReserved = false): Consumer {
  return { into: { type: 'file', handle, isReserved }, asFailure: (error) => error };
}

function write(intake: Intake, text: string): void {
  writeSync(intake.fd, text);
  intake.handOver();
}

describe('an intake', () => {
  const threads = createThreads();
  after(() => threads.close());

  it('stores, counts and hashes what is written', async () => {
    const path = join(directory, 'plain');
    const intake = await openIntake(threads, fileConsumer(await open(path, 'wx')));
    write(intake, 'some text');
    assert.deepEqual(await intake.taken, { size: 9, sha256: sha256('some text'), found: [] });
    assert.equal(intake.bytes(), 9);
    await intake.seal(signal);
    await intake.close();
    assert.equal(readFileSync(path, 'utf8'), 'some text');
  });

  it('looks for texts', async () => {
    const texts = [
      { stage: 0, type: 'contains', text: 'me te' },
      { stage: 0, type: 'ends-with', text: 'other' },
    ] as const;
    const intake = await openIntake(threads, NOWHERE, { texts });
    write(intake, 'some text');
    assert.deepEqual((await intake.taken).found, [true, false]);
    await intake.close();
  });

  it('gives chunks to a consumer only as it takes them', { timeout: 30_000 }, async () => {
    const size = 40 << 20;
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const hash = createHash('sha256');
    const intake = await openIntake(threads, {
      into: {
        type: 'chunks',
        async take(chunks) {
          await gate;
          for await (const { bytes, giveBack } of chunks) {
            hash.update(bytes);
            giveBack();
            assert.equal(bytes.length, 0);
          }
        },
      },
      asFailure: (error) => error,
    });
    const writer = spawn('head', ['-c', String(size), '/dev/zero'], {
      stdio: ['ignore', intake.fd, 'ignore'],
    });
    intake.handOver();
    const ended = once(writer, 'exit');
    const first = await Promise.race([
      ended.then(() => 'ended'),
      new Promise((resolve) => setTimeout(resolve, 300, 'blocked')),
    ]);
    assert.equal(first, 'blocked');
    assert.ok(intake.bytes() < 8 << 20, `${intake.bytes()} are in memory`);
    assert.equal(intake.isIdle(), false);
    go();
    await ended;
    const taken = await intake.taken;
    assert.equal(taken.size, size);
    assert.equal(taken.sha256, hash.digest('hex'));
    assert.equal(intake.bytes(), size);
    await intake.close();
  });

  it('closes the pipe as soon as its consumer fails, and says why', async () => {
    const away = new Error('the store went away');
    const intake = await openIntake(threads, {
      into: { type: 'chunks', take: () => Promise.reject(away) },
      asFailure: (error) => error,
    });
    const writer = spawn('yes', { stdio: ['ignore', intake.fd, 'ignore'] });
    const ended = once(writer, 'exit');
    intake.handOver();
    await assert.rejects(intake.taken, (error) => error === away);
    assert.ok((intake.failedAt() ?? 0) > 0);
    assert.deepEqual(await ended, [null, 'SIGPIPE']);
    await intake.close();
  });

  it('fails with the error of the system when it cannot write', async () => {
    const intake = await openIntake(threads, fileConsumer(await open('/dev/full', 'w')));
    write(intake, 'x');
    await assert.rejects(intake.taken, { code: 'ENOSPC', syscall: 'write' });
    await intake.close();
    await intake.close();
  });

  it('fails in mid-stream with any error of a write-out, though the stage is silent then', async () => {
    // What is written there is never an error, and to sync it always is.
    const intake = await openIntake(threads, fileConsumer(await open('/dev/null', 'w')));
    const stage = spawn('bash', ['-c', 'head -c 70M /dev/zero; exec sleep 600'], {
      stdio: ['ignore', intake.fd, 'ignore'],
    });
    intake.handOver();
    await assert.rejects(intake.taken, { code: 'EINVAL', syscall: 'fdatasync' });
    assert.ok(intake.bytes() >= 64 << 20);
    stage.kill('SIGKILL');
    await intake.close();
  });

  it('waits for the disk only until it is stopped', async () => {
    const handle = await open(join(directory, 'sealed'), 'wx');
    const intake = await openIntake(threads, fileConsumer(handle));
    write(intake, 'x');
    await intake.taken;
    await assert.rejects(intake.seal(AbortSignal.abort(new Error('stopped'))), /stopped/);
    await intake.close();
  });

  it('serves 16 at once on few threads', async () => {
    const before = await countThreads();
    const intakes = await Promise.all(
      Array.from({ length: 16 }, async (_, index) =>
        openIntake(threads, fileConsumer(await open(join(directory, `many${index}`), 'wx'))),
      ),
    );
    for (const [index, intake] of intakes.entries()) write(intake, `text ${index}`);
    for (const [index, intake] of intakes.entries()) {
      assert.equal((await intake.taken).sha256, sha256(`text ${index}`));
      await intake.seal(signal);
      await intake.close();
    }
    assert.ok((await countThreads()) <= before + 8);
  });
});

it('a thread that dies fails its intakes, and closes the pipes', { timeout: 30_000 }, async () => {
  const threads = createThreads();
  const intake = await openIntake(threads, NOWHERE);
  const writer = spawn('yes', { stdio: ['ignore', intake.fd, 'ignore'] });
  const ended = once(writer, 'exit');
  intake.handOver();
  await until(() => intake.bytes() !== 0);
  await threads.close();
  await assert.rejects(intake.taken, { code: 'SINK_UNAVAILABLE', message: /before its time/ });
  assert.deepEqual(await ended, [null, 'SIGPIPE']);
  await intake.close();
});

it('a thread that is idle when it is closed serves whoever needs one next', async () => {
  let started = 0;
  const count = (): void => {
    started += 1;
  };
  const use = async (): Promise<void> => {
    const threads = createThreads();
    const intake = await openIntake(threads, NOWHERE);
    write(intake, 'some text');
    assert.equal((await intake.taken).size, 9);
    await intake.close();
    await threads.close();
  };
  await use();
  process.on('worker', count);
  await use();
  process.off('worker', count);
  assert.equal(started, 0);
});

it('leaves no descriptor and no thread behind', async () => {
  const useAll = async (): Promise<void> => {
    const threads = createThreads();
    for (let round = 0; round < PIPES_PER_BATCH; round++) {
      const path = join(directory, `left${Math.random()}`);
      const intake = await openIntake(threads, fileConsumer(await open(path, 'wx')));
      write(intake, 'x');
      if (round % 2 === 0) await intake.taken;
      if (round % 4 === 0) await intake.seal(signal);
      await intake.close();
    }
    await threads.close();
  };
  await useAll();
  const before = [await countDescriptors(), await countThreads()];
  await useAll();
  assert.deepEqual([await countDescriptors(), await countThreads()], before);
});
