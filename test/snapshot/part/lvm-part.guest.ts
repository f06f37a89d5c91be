/** Parts of the disk of a guest, from LVM snapshots of it. For the packages see test/rig/guest-disk.ts. Runs in a guest: test/system/lvm-parts.test.ts. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LvmPlan } from '../../../src/config/plan/snapshots/sources.js';
import { Failure } from '../../../src/failure/failure.js';
import type { Snapshot } from '../../../src/snapshot/provider.js';
import { checkSource, openProvider } from '../../../src/snapshot/registry.js';
import { fillLvm, makeImage } from '../../rig/guest-disk.js';
import { type Lvm, makeLvm, run, snapshotMounts } from '../../rig/lvm.js';
import { chooseSeed, randomFrom } from '../../rig/random.js';
import { makeScratch } from '../../rig/scratch.js';
import { takeSnapshot } from '../take.js';

const GROUP = 'palhm-test-same';
const DISK = `/dev/${GROUP}/guest`;
const KILLS = Number(process.env['PALHM_SOAK'] ?? 1);
const { signal } = new AbortController();

describe('a part of a disk that is a volume', () => {
  let lvm: Lvm;
  let written = '';
  const digest = (): string => createHash('sha256').update(readFileSync(DISK)).digest('hex');
  before(() => {
    const directory = makeScratch();
    const fill = (device: string): void => fillLvm(device, GROUP);
    const image = makeImage(directory, [{ megabytes: 48, fill }]);
    lvm = makeLvm(120, GROUP);
    lvm.add('guest', ['-L', '52M', GROUP]);
    run('dd', `if=${image}`, `of=${DISK}`, 'bs=1M', 'conv=fsync', 'status=none');
    rmSync(directory, { recursive: true });
    written = digest();
  });
  after(() => {
    assert.equal(digest(), written, 'the disk itself was written to');
    lvm.remove();
  });

  const planOf = (volume: string, isMounted = true): LvmPlan => ({
    type: 'lvm',
    volumes: [
      {
        volume: `${GROUP}/guest`,
        size: 8 * 1024 ** 2,
        part: [
          { type: 'partition', number: 1 },
          { type: 'lvm', volume: `${GROUP}/${volume}` },
        ],
        mount: isMounted ? { options: [] } : null,
      },
    ],
  });
  const take = async (plan: LvmPlan): Promise<Snapshot> =>
    await takeSnapshot(await openProvider(plan), { run: randomUUID(), number: 0 }, signal);
  const tidy = async (plan: LvmPlan): Promise<number> =>
    (await (await openProvider(plan)).tidy(signal)).length;
  const whoIn = ({ facts }: Snapshot): string =>
    readFileSync(join(facts.path ?? '', 'who'), 'utf8');
  const remains = (): readonly string[] => [
    ...run('dmsetup', 'ls')
      .split('\n')
      .filter((line) => line.includes('palhm.')),
    ...lvm.list().filter((name) => name !== 'guest'),
    ...snapshotMounts(),
  ];

  it('is read from two snapshots at a time', async () => {
    assert.deepEqual(await checkSource(planOf('root')), []);
    const snapshots = [await take(planOf('root')), await take(planOf('thin'))];
    assert.deepEqual(snapshots.map(whoIn), ['root of the guest', 'thin of the guest']);
    for (const one of snapshots) await one.release();
    assert.deepEqual(remains(), []);
  });

  it('that somebody else uses is said to be left, and removed by the next run', async () => {
    const plan = planOf('root', false);
    const snapshot = await take(plan);
    run('dmsetup', 'create', 'strange', '--table', `0 8 linear ${snapshot.facts.device} 0`);
    await assert.rejects(snapshot.release(), (error) => {
      assert.ok(error instanceof Failure);
      assert.equal(error.code, 'SNAPSHOT_LEFT');
      assert.match(error.message, /: .* is used by strange, which palhm has not made$/);
      assert.match(
        String(error.hint),
        /by hand: dmsetup remove .*-root .*disk .*hidden; lvremove /,
      );
      return true;
    });
    run('dmsetup', 'remove', 'strange');
    assert.equal(await tidy(plan), 1);
    assert.deepEqual(remains(), []);
  });

  it('is closed by the next run, whatever palhm did when it was killed', async (context) => {
    const seed = chooseSeed();
    context.diagnostic(`PALHM_TEST_SEED=${seed}`);
    const random = randomFrom(seed);
    const plan = planOf('thin');
    for (let round = 0; round <= KILLS; round++) {
      const other = startPalhm(plan, round === 0 ? 'hold' : 'repeat');
      assert.ok(other.stdout);
      await once(other.stdout, 'data');
      if (round > 0) await delay(random.fraction() * 8000);
      other.kill('SIGKILL');
      await once(other, 'exit');
      const removed = await tidy(plan);
      if (round === 0) assert.equal(removed, 1);
      assert.deepEqual(remains(), [], `kill ${round}`);
    }
  });
});

/** See doomed-run.ts. */
function startPalhm(plan: LvmPlan, work: 'hold' | 'repeat'): ChildProcess {
  const script = fileURLToPath(new URL('../doomed-run.js', import.meta.url));
  const argv = [script, JSON.stringify(plan), work];
  return spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
}
