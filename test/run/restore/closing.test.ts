/** Whatever a restore opens is closed on every path, and a closing that fails hides nothing. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { exitCodeOf } from '../../../src/events/run-report.js';
import { Failure } from '../../../src/failure/failure.js';
import {
  type CopySource,
  type Operation,
  placeOfCopy,
  printRestore,
  type RestoreWay,
  restore,
} from '../../../src/run/operations.js';
import { createSink } from '../../../src/sink/registry.js';
import { openStand, type Stand } from '../../rig/stand.js';

const AWAY = new Failure({ code: 'SINK_UNAVAILABLE', message: 'the store went away' });

let stand: Stand;
let copy: string;
let open: number;
beforeEach(async () => {
  stand = openStand();
  open = 0;
  await stand.run([stand.simple()]);
  copy = join(stand.root, stand.copies()[0] ?? '');
});
afterEach(() => stand.close());

/** Its sinks and stored copies are counted, close, and then say that they could not where `fails`. */
function operationOf({ fails }: { readonly fails: boolean }): Operation {
  const closed = async (close: () => Promise<void>): Promise<void> => {
    await close();
    open -= 1;
    if (fails) throw AWAY;
  };
  return stand.operation([stand.simple()], {
    async createSink(plan, context) {
      const sink = await createSink(plan, context);
      open += 1;
      return {
        ...sink,
        stored(prefix) {
          const stored = sink.stored(prefix);
          open += 1;
          return { ...stored, close: () => closed(() => stored.close()) };
        },
        close: () => closed(() => sink.close()),
      };
    },
  });
}

const ofTask = (): CopySource => ({ type: 'task', task: 'backup', copy: 'latest' });
const ofPlace = (publicKey?: string): CopySource => {
  const access = { endpoint: undefined, region: undefined, profile: undefined };
  return { type: 'place', place: placeOfCopy(copy, access), publicKey };
};

function toDirectory(): RestoreWay {
  const directory = join(stand.directory, 'back');
  return { type: 'directory', directory, extract: false, raw: false, force: false };
}

function bring(operation: Operation, source: CopySource) {
  return restore(operation, {
    source,
    objects: [],
    way: toDirectory(),
    recovery: { type: 'none' },
    consent: { type: 'absent' },
  });
}

suite('what a restore opens', () => {
  for (const [name, source, code, closings] of [
    // A copy without a good manifest is not listed, so that none is opened.
    ['a task', ofTask, 'COPY_NOT_FOUND', 1],
    ['a place', ofPlace, 'MANIFEST_INVALID', 2],
  ] as const) {
    test(`from ${name}: is closed; that it cannot be is told beside what came back`, async () => {
      const report = await bring(operationOf({ fails: true }), source());
      assert.equal(open, 0);
      assert.equal(report.failure, undefined);
      assert.equal(report.task, 'backup');
      assert.equal(exitCodeOf(report), 3);
      assert.ok(report.afterwards.length >= 2);
      for (const afterwards of report.afterwards) {
        assert.equal(afterwards.code, 'CLOSE_FAILED');
        assert.match(afterwards.message, /^cannot close .*the store went away$/);
      }
      assert.equal(readFileSync(join(stand.directory, 'back/dir/b'), 'utf8'), 'b\n');
    });

    test(`from ${name}: is closed after damage, which stays the failure`, async () => {
      writeFileSync(join(copy, 'dir/b'), 'x\n');
      const report = await bring(operationOf({ fails: true }), source());
      assert.equal(open, 0);
      assert.equal(report.failure?.code, 'COPY_DAMAGED');
      assert.ok(report.afterwards.every((one) => one.code === 'CLOSE_FAILED'));
      assert.ok(report.afterwards.length >= 2);
      assert.ok(!existsSync(join(stand.directory, 'back')));
    });

    test(`from ${name}: is closed when the manifest cannot be used`, async () => {
      writeFileSync(join(copy, '.palhm-manifest.json'), '{');
      for (const fails of [false, true]) {
        const operation = operationOf({ fails });
        const report = await bring(operation, source());
        assert.equal(open, 0);
        assert.equal(report.failure?.code, code);
        assert.equal(report.afterwards.length, fails ? closings : 0);
      }
    });

    test(`from ${name}: is closed after printing, and when the copy is not there`, async () => {
      const recovery = { type: 'none' } as const;
      const request = { source: source(), objects: [], raw: false, apply: false, recovery };
      const { found } = await printRestore(operationOf({ fails: false }), request);
      assert.deepEqual(
        found?.lines.map(({ path }) => path),
        ['a.gz', 'dir/b'],
      );
      rmSync(copy, { recursive: true });
      const { failure } = await printRestore(operationOf({ fails: false }), request);
      assert.equal(failure?.code, 'COPY_NOT_FOUND');
      assert.equal(open, 0);
    });
  }

  test('from a place: a key that cannot be read, or is of somebody else, leaves nothing open', async () => {
    const missing = await bring(operationOf({ fails: false }), ofPlace('/nonexistent.pub'));
    assert.equal(missing.failure?.code, 'KEY_INVALID');
    const key = join(stand.directory, 'key.pub');
    const { publicKey } = generateKeyPairSync('ed25519');
    writeFileSync(key, publicKey.export({ type: 'spki', format: 'pem' }));
    const unsigned = await bring(operationOf({ fails: false }), ofPlace(key));
    assert.equal(unsigned.failure?.code, 'SIGNATURE_INVALID');
    assert.equal(open, 0);
    assert.deepEqual(readdirSync(stand.directory).sort(), ['key.pub', 'root']);
  });
});
