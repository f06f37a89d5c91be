/** What happens when palhm can open no further descriptor. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { suite, test } from 'node:test';
import { isErrno } from '../../src/failure/failure.js';
import { askApart } from '../../src/host/apart.js';
import { takeFlock } from '../../src/host/flock.js';
import { runHelper } from '../../src/host/helper.js';
import { endProcessesOfRun } from '../../src/host/run-processes.js';

suite('without a free descriptor', () => {
  test('a question to another process gets silence for an answer', async () => {
    const reply = await withoutDescriptors(() => {
      const module = new URL('no-such-module.js', import.meta.url);
      return askApart({ module, question: {}, timeoutMs: 10_000 });
    });
    assert.deepEqual(reply, {
      type: 'silent',
      why: `no process could be started for it: spawn ${process.execPath} EMFILE`,
    });
  });

  test('the processes of a dead run cannot be looked for, which is a failure and no defect', async () => {
    await withoutDescriptors(() =>
      assert.rejects(endProcessesOfRun('no-such-run'), {
        name: 'Failure',
        code: 'SINK_UNAVAILABLE',
        message: /^cannot look for the processes of run no-such-run: EMFILE/,
        hint: /^raise the limit of open files/,
      }),
    );
  });
});

test('a helper cannot be started, which is a failure with the limit in its hint', async () => {
  const helper = { argv: ['true'], code: 'SINK_UNAVAILABLE' } as const;
  // execa is loaded by now.
  await runHelper(helper);
  await withoutDescriptors(() =>
    assert.rejects(runHelper(helper), {
      name: 'Failure',
      code: 'SINK_UNAVAILABLE',
      message: /^true could not be started: .*EMFILE/,
      hint: /^raise the limit of open files/,
    }),
  );
});

test('the lock cannot be taken, which is an error of the system', async () => {
  await withoutDescriptors(() =>
    assert.rejects(takeFlock({ fd: 0, waitMs: 0 }), { code: 'EMFILE' }),
  );
});

async function withoutDescriptors<T>(work: () => Promise<T>): Promise<T> {
  limitDescriptors(100);
  const taken: number[] = [];
  try {
    takeAll(taken);
    return await work();
  } finally {
    for (const fd of taken) closeSync(fd);
    limitDescriptors(4096);
  }
}

function takeAll(taken: number[]): void {
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch (error) {
    if (!isErrno(error, 'EMFILE')) throw error;
  }
}

function limitDescriptors(soft: number): void {
  const { status } = spawnSync('prlimit', ['--pid', `${process.pid}`, `--nofile=${soft}:`]);
  assert.equal(status, 0);
}
