/**
 * Each thing that a run opens fails to close, after each way in which its work can end: the first failure stays that of the
 * run, the others stand beside it in order, and a copy that was committed is never called a failure.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { loadPlan } from '../../../src/config/load.js';
import type { Plan } from '../../../src/config/plan/plan.js';
import { exitCodeOf, type RunReport } from '../../../src/events/run-report.js';
import { Failure } from '../../../src/failure/failure.js';
import { describeHost, openOperation } from '../../../src/run/operation/operation.js';
import { run } from '../../../src/run/task/run.js';
import { createSink } from '../../../src/sink/registry.js';
import type { OpenCopy, Sink } from '../../../src/sink/sink.js';
import { execPlan, planOf } from '../../rig/plans.js';
import { errorAnswer } from '../../rig/s3/fake/answer.js';
import type { Call } from '../../rig/s3/fake/call.js';
import { goodRules } from '../../rig/s3/fake/rules.js';
import { openS3Stand, type S3Stand } from '../../rig/s3/stand.js';
import { openStand, type Stand } from '../../rig/stand.js';

/** What can fail to close, and the code that its failure has then. */
const CLOSINGS = {
  lock: 'UNLOCK_FAILED',
  copy: 'SINK_UNAVAILABLE',
  sink: 'CLOSE_FAILED',
} as const;
type Closing = keyof typeof CLOSINGS;

const DENIED = new Failure({ code: 'SINK_UNAVAILABLE', message: 'the store went away' });

/** A sink that really closes everything, and then says that it could not. */
function failingToClose(sink: Sink, closings: ReadonlySet<Closing>, error: unknown): Sink {
  const fail = (closing: Closing): void => {
    if (closings.has(closing)) throw error;
  };
  return {
    ...sink,
    async lock(request) {
      const lock = await sink.lock(request);
      return {
        async release() {
          await lock.release();
          fail('lock');
        },
      };
    },
    async open(...opening): Promise<OpenCopy> {
      const copy = await sink.open(...opening);
      return {
        ...copy,
        async abort() {
          await copy.abort();
          fail('copy');
        },
      };
    },
    async close() {
      await sink.close();
      fail('sink');
    },
  };
}

const ENDS = ['done', 'a stage fails', 'the commit fails', 'stopped'] as const;
type End = (typeof ENDS)[number];

const STAGES: Readonly<Record<End, string>> = {
  done: 'true',
  'a stage fails': 'exit 3',
  'the commit fails': 'true',
  stopped: 'true',
};
const CODES: Readonly<Record<End, string | undefined>> = {
  done: undefined,
  'a stage fails': 'STAGE_FAILED',
  'the commit fails': 'SINK_FULL',
  stopped: 'TERMINATED',
};

let stand: Stand;
beforeEach(() => {
  stand = openStand();
});
afterEach(() => stand.close());

/** Runs a backup that ends so, with these closings failing. */
async function runTo(end: End, closings: readonly Closing[], error: unknown): Promise<RunReport> {
  const stop = new AbortController();
  const backup = stand.simple();
  const [group] = backup.groups;
  const [object] = group?.objects ?? [];
  assert.ok(group !== undefined && object !== undefined);
  const pipeline = [execPlan(['sh', '-c', STAGES[end]])];
  const plan = planOf([{ ...backup, groups: [{ ...group, objects: [{ ...object, pipeline }] }] }]);
  const operation = openOperation({
    plan,
    host: describeHost(process.env),
    signal: stop.signal,
    outlet: ({ type }) => {
      if (end === 'stopped' && type === 'object-finished')
        stop.abort(new Failure({ code: 'TERMINATED', message: 'stopped by SIGTERM' }));
    },
    async createSink(sinkPlan, context) {
      const sink = await createSink(sinkPlan, context);
      const broken = failingToClose(sink, new Set(closings), error);
      if (end !== 'the commit fails') return broken;
      return {
        ...broken,
        async open(...opening) {
          const copy = await broken.open(...opening);
          const commit = (): Promise<never> =>
            Promise.reject(
              new Failure({ code: 'SINK_FULL', message: 'no space for the manifest' }),
            );
          return { ...copy, commit };
        },
      };
    },
  });
  return await run(operation, { task: 'backup' });
}

/** In the order in which they are closed; a copy that was committed is not rolled back. */
function expectedCodes(end: End, closings: readonly Closing[]): readonly string[] {
  const order: readonly Closing[] = ['copy', 'lock', 'sink'];
  return order
    .filter((one) => closings.includes(one) && !(one === 'copy' && end === 'done'))
    .map((one) => CLOSINGS[one]);
}

const SETS: readonly (readonly Closing[])[] = [
  [],
  ['lock'],
  ['copy'],
  ['sink'],
  ['copy', 'lock', 'sink'],
];

suite('on localfs', () => {
  for (const end of ENDS)
    for (const closings of SETS)
      test(`${end}; what fails to close: ${closings.join(', ') || 'nothing'}`, async () => {
        const report = await runTo(end, closings, DENIED);
        const codes = expectedCodes(end, closings);
        assert.equal(report.failure?.code, CODES[end]);
        assert.deepEqual(
          report.afterwards.map(({ code }) => code),
          codes,
        );
        for (const { message } of report.afterwards) assert.match(message, /the store went away/);
        assert.equal(stand.copies().length, end === 'done' ? 1 : 0);
        assert.deepEqual(stand.leftovers(), []);
        if (end !== 'done') return assert.equal(report.copy, undefined);
        assert.equal(report.copy?.prefix, stand.copies()[0]);
        assert.equal(exitCodeOf(report), codes.length === 0 ? 0 : 3);
        for (const { details } of report.afterwards)
          assert.ok(
            details.some((line) => line.endsWith('is complete and safe')),
            String(details),
          );
      });

  for (const end of ENDS)
    test(`${end}; a defect in a closing is told with its stack and hides nothing`, async () => {
      const report = await runTo(end, ['lock'], new TypeError('no such property'));
      assert.equal(report.failure?.code, CODES[end]);
      const [defect] = report.afterwards;
      assert.equal(defect?.code, 'DEFECT');
      assert.ok(
        defect.details.some((line) => line.includes('closing.test')),
        String(defect.details),
      );
      assert.equal(stand.copies().length, end === 'done' ? 1 : 0);
    });
});

suite('in a bucket', () => {
  let s3: S3Stand;
  let plan: Plan;
  before(async () => {
    s3 = await openS3Stand();
  });
  after(() => s3.close());
  afterEach(() => Object.assign(s3.fake.rules, goodRules()));

  async function runS3(stage: string, isRefused: (call: Call) => boolean): Promise<RunReport> {
    s3.site.write({
      objects: [{ path: 'a', stages: [stage] }],
      param: { 'rot-storage-class': 'GLACIER', 'nb-copy-limit': 1 },
    });
    plan = await loadPlan({ type: 'file', path: s3.site.config });
    s3.fake.rules.meet = (call) => (isRefused(call) ? errorAnswer(403, 'AccessDenied') : 'serve');
    const { signal } = new AbortController();
    const host = describeHost(process.env);
    const operation = openOperation({ plan, host, signal, outlet: () => undefined });
    return await run(operation, { task: 'backup' });
  }
  const removesLock = ({ operation, key }: Call): boolean =>
    operation === 'DeleteObject' && key.endsWith('/.palhm-lock');
  const forgetLock = (): void => {
    s3.fake.buckets.get(s3.bucket)?.delete('backup/host/.palhm-lock');
  };

  test('a copy whose lock cannot be removed is there, and palhm ends with 3', async () => {
    const report = await runS3('echo a', removesLock);
    assert.equal(report.failure, undefined);
    assert.deepEqual(
      report.afterwards.map(({ code }) => code),
      ['UNLOCK_FAILED'],
    );
    assert.equal(exitCodeOf(report), 3);
    assert.match(String(report.afterwards[0]?.details), /is complete and safe/);
    assert.ok((await s3.listWhole()).includes(report.copy?.prefix ?? ''));
    forgetLock();
  });

  test('a stage that failed is the failure, whatever the lock does', async () => {
    const report = await runS3('exit 3', removesLock);
    assert.equal(report.failure?.code, 'STAGE_FAILED');
    assert.deepEqual(
      report.afterwards.map(({ code }) => code),
      ['UNLOCK_FAILED'],
    );
    assert.equal(exitCodeOf(report), 1);
    forgetLock();
  });

  test('a settling and a rotation that both fail are both told', async () => {
    // What goes is marked first.
    const marksOld = ({ operation, key }: Call): boolean =>
      operation === 'PutObject' &&
      key.endsWith('.palhm-open') &&
      s3.fake.buckets.get(s3.bucket)?.get(key.replace(/open$/, 'manifest.json')) !== undefined;
    const report = await runS3(
      'echo a',
      (call) => call.operation === 'CopyObject' || marksOld(call),
    );
    assert.deepEqual(
      report.afterwards.map(({ code }) => code),
      ['SETTLE_FAILED', 'ROTATION_FAILED'],
    );
    assert.equal(exitCodeOf(report), 3);
    assert.ok((await s3.listWhole()).includes(report.copy?.prefix ?? ''));
  });

  test('of a copy whose marker may be gone it is said that it may be listed', async () => {
    let isCommitted = false;
    const report = await runS3('echo a', ({ operation, key }) => {
      isCommitted ||= operation === 'DeleteObject' && key.endsWith('.palhm-open');
      return isCommitted && !key.endsWith('lock');
    });
    assert.match(report.failure?.details.join('\n') ?? '', /could not be rolled back/);
    const left = report.afterwards.find(({ message }) => message.includes('rolled back'));
    assert.match(left?.message ?? '', /is whole and may be listed, or may not/);
    Object.assign(s3.fake.rules, goodRules());
    assert.equal((await runS3('echo a', () => false)).failure, undefined);
  });

  test('what cannot be rolled back is told beside the failure, and the next run removes it', async () => {
    const removes = ({ operation, key }: Call): boolean =>
      operation === 'DeleteObjects' || (operation === 'DeleteObject' && !key.endsWith('lock'));
    const report = await runS3('exit 3', removes);
    assert.equal(report.failure?.code, 'STAGE_FAILED');
    const [left] = report.afterwards;
    assert.match(
      left?.message ?? '',
      /not be rolled back: .* is not listed, and the next run removes it/,
    );
    const said = report.failure.details.join('\n');
    assert.match(said, /could not be rolled back/);
    assert.doesNotMatch(said, /nothing was stored/);
    Object.assign(s3.fake.rules, goodRules());
    const next = await runS3('echo a', () => false);
    assert.equal(next.failure, undefined);
    await s3.assertWhole((await s3.listWhole()).length);
  });
});
