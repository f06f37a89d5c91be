/** 10,000 copies with 10 objects each: what a listing and a run with its rotation take of memory and requests. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Ended, runPalhm } from '../rig/palhm.js';
import { fillRoot } from '../rig/s3/fake/many-copies.js';
import { ROOT } from '../rig/s3/site.js';
import { openS3Stand, type S3Stand } from '../rig/s3/stand.js';

const COPIES = 10_000;
const OBJECTS = 10;
const ROTATED = 20;

/** Of V8's old generation, in MiB: what is kept for each copy has to fit in with all that is fleeting. */
const HEAP_LIMIT = 64;
/** In MiB: what the program takes without a copy, the heap, and buffers of 16 answers at once. */
const MOST_MEMORY = 230;

/** Says on the last line of stderr what was the most that it took, in KiB. */
const WATCH =
  'data:text/javascript,process.on("exit",()=>process.stderr.write("maxrss="+process.resourceUsage().maxRSS+"\\n"))';
const env = { NODE_OPTIONS: `--max-old-space-size=${HEAP_LIMIT} --import=${encodeURI(WATCH)}` };

interface Measured extends Ended {
  readonly mebibytes: number;
  readonly requests: number;
  readonly seconds: number;
}

describe(`a root with ${COPIES} copies`, () => {
  let stand: S3Stand;
  let small: S3Stand;
  before(async () => {
    [stand, small] = [await openS3Stand(), await openS3Stand()];
    const bucket = stand.fake.buckets.get(stand.bucket);
    assert.ok(bucket);
    fillRoot(bucket, `${ROOT}/`, { copies: COPIES, objects: OBJECTS });
  });
  after(async () => {
    await stand.close();
    await small.close();
  });

  async function measure({ fake, site }: S3Stand, args: readonly string[]): Promise<Measured> {
    const asked = fake.calls.length;
    const startedAt = performance.now();
    const ended = await runPalhm(['-f', site.config, ...args], { env });
    const kibibytes = /^maxrss=(\d+)$/m.exec(ended.stderr)?.[1];
    return {
      ...ended,
      mebibytes: Math.round(Number(kibibytes) / 1024),
      requests: fake.calls.length - asked,
      seconds: Math.round((performance.now() - startedAt) / 100) / 10,
    };
  }

  const describeMeasured = ({ mebibytes, requests, seconds }: Measured): string =>
    `${mebibytes} MiB, ${requests} requests, ${seconds} s`;

  it('is listed', async (context) => {
    stand.site.write({ objects: [{ path: 'o', stages: ['echo 1'] }] });
    small.site.write({ objects: [{ path: 'o', stages: ['echo 1'] }] });
    const none = await measure(small, ['list', '--json']);
    const all = await measure(stand, ['list', '--json']);
    context.diagnostic(`no copies: ${describeMeasured(none)}`);
    context.diagnostic(`${COPIES} copies: ${describeMeasured(all)}`);
    assert.equal(all.code, 0, all.stderr);
    assert.ok(all.mebibytes < MOST_MEMORY);
    assert.equal((JSON.parse(all.stdout) as { copies: unknown[] }).copies.length, COPIES);
  });

  it('is rotated by a run', async (context) => {
    stand.site.write({
      objects: [{ path: 'o', stages: ['echo 1'] }],
      param: { 'nb-copy-limit': COPIES + 1 - ROTATED },
    });
    const run = await measure(stand, ['run', 'backup']);
    context.diagnostic(describeMeasured(run));
    assert.equal(run.code, 0, run.stderr);
    assert.ok(run.mebibytes < MOST_MEMORY);
    assert.match(run.stderr, new RegExp(`${ROTATED} removed`));
  });
});
