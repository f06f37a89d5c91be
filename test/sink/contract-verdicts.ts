/** Stages that do not end well, however much they have written: nothing of their object is ever part of a copy. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { Failure } from '../../src/failure/failure.js';
import type { OpenCopy, Sink } from '../../src/sink/sink.js';
import { openBench } from '../exec/bench.js';
import { shell } from '../rig/plans.js';
import { beginObject, listedNames, prefixAt } from '../rig/sinks.js';
import { until } from '../rig/until.js';
import { openLocked, type SinkRig } from './contract-rig.js';

/** Around what a pipe holds, what is one chunk, and what is one part. */
const FILLS = [
  0,
  1,
  ...[2 ** 16, 2 ** 20, 5 * 2 ** 20, 16 * 2 ** 20].flatMap((size) => [size - 1, size, size + 1]),
];
const STOPPED = new Failure({ code: 'TERMINATED', message: 'stopped by the test' });

const ENDINGS: Readonly<Record<string, { readonly script: string; readonly code: string }>> = {
  fails: { script: 'exit 3', code: 'STAGE_FAILED' },
  'is killed': { script: 'kill -KILL $$', code: 'STAGE_FAILED' },
  'closes its stdout early, and fails': {
    script: 'exec >&-; sleep 0.02; exit 3',
    code: 'STAGE_FAILED',
  },
  'hangs until its timeout': { script: 'exec sleep 600', code: 'STAGE_TIMEOUT' },
  'hangs until the run is stopped': { script: 'exec sleep 601', code: 'TERMINATED' },
};

export function describeVerdicts(make: () => Promise<SinkRig>): void {
  const bench = openBench();
  let rig: SinkRig;
  let sink: Sink;
  let close: () => Promise<void>;
  let copy: OpenCopy;
  before(async () => {
    ({ rig, sink, close } = await openLocked(make));
    copy = await sink.open(prefixAt(0), { id: 'verdicts' });
  });
  after(async () => {
    bench.close();
    await close();
  });

  for (const [ending, { script, code }] of Object.entries(ENDINGS)) {
    it(`a stage that ${ending}, at every fill of the last buffer`, {
      timeout: 60_000,
    }, async () => {
      await Promise.all(FILLS.map((fill) => endAfter(fill)));
    });

    async function endAfter(fill: number): Promise<void> {
      const object = await beginObject(copy, `${ending}/${fill}`);
      const stop = new AbortController();
      const exec = shell(`head -c ${fill} /dev/zero; ${script}`, {
        timeout: code === 'STAGE_TIMEOUT' ? { ms: 1000 } : undefined,
      });
      const running = bench.failureOf([exec], { stdout: object, signal: stop.signal });
      if (code === 'TERMINATED') {
        await until(() => object.bytes() >= fill);
        stop.abort(STOPPED);
      }
      assert.equal((await running).code, code, `after ${fill} bytes`);
      await object.abort();
    }
  }

  it('leaves nothing of all that', async () => {
    await copy.abort();
    assert.deepEqual(await listedNames(sink), []);
    assert.deepEqual(await rig.remains(), []);
  });
}
