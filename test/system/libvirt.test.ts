/**
 * Backups of a guest that never stops writing, by libvirt: each copy has its two disks at one instant. And `kill -9` at random
 * moments: the guest is neither paused nor frozen once the watchdog is gone, and has no overlay after the next run. PALHM_SOAK: how
 * many kills, by default 5; twice as many backups. What it needs: libvirt.ts; besides, mount.
 */
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../rig/btrfs.js';
import { leftoversIn } from '../rig/copies.js';
import { callPalhm, type RunningPalhm, startPalhm } from '../rig/palhm.js';
import { environmentOf, processesWith } from '../rig/processes.js';
import { chooseSeed, randomFrom } from '../rig/random.js';
import { listPrefixes, makeSite, type Site } from '../rig/site.js';
import { whyNoLab } from './lab.js';
import { type Libvirt, remainsOf, startLibvirt } from './libvirt.js';
import { medianOf } from './service.js';

const KILLS = Number(process.env['PALHM_SOAK'] ?? 5);
const BACKUPS = 2 * KILLS;
/** Of a freeze; on a host that has much else to do, so many times as long as one call of virsh takes then. */
const MOST_MS = 1000;
const MOST_CALLS = 20;
const PATIENCE_MS = 30_000;

const seed = chooseSeed();
const random = randomFrom(seed);
/** In the environment of palhm and so of everything that it starts. */
const mark = { PALHM_TEST_MARK: randomUUID() };

/** A kill comes at a random moment between two events of a run: of each of these by turns. */
const STRETCHES = [
  ['task-started', 'snapshot-taken'],
  ['copy-opened', 'thawed'],
  ['snapshot-taken', 'object-finished'],
  ['object-finished', 'snapshot-removed'],
  ['copy-opened', 'run-finished'],
] as const;

/** Writes a record, whose number and checksum follow from each other, on the first disk, then on the second one, for ever. */
const WRITER = `
  mkdir -p /a /b; mount -t ext4 /dev/vda /a; mount -t ext4 /dev/vdb /b
  n=0
  while :; do
    n=$((n+1)); h=$(echo "record $n" | sha256sum)
    for f in /a/records /b/records; do echo "$n $h" >>$f; sync; done
    echo $n >/tmp/written
  done`;

describe('backups of a guest that writes, by libvirt', { skip: whyNoLab('libvirt-up.sh') }, () => {
  let libvirt: Libvirt;
  let site: Site;
  let uuid: string;
  before(async () => {
    libvirt = await startLibvirt();
    site = makeSite();
    await libvirt.start('guest', [join(libvirt.disks, 'a.raw'), join(libvirt.disks, 'b.qcow2')]);
    uuid = await libvirt.virsh('domuuid', 'guest');
    writeFileSync(site.config, JSON.stringify(configOf(site.root, libvirt)));
    await libvirt.inGuest('guest', `(${WRITER}) >/dev/null 2>&1 &`);
    while ((await written()) === 0) await delay(50);
  });
  after(async () => {
    await libvirt?.remove();
    site?.remove();
  });

  const written = async (): Promise<number> =>
    Number(await libvirt.inGuest('guest', 'cat /tmp/written 2>/dev/null || echo 0'));
  const start = (config = site.config): RunningPalhm =>
    startPalhm(['-f', config, '-v', '--log-format', 'json', 'run', 'backup'], { env: mark });

  /** The watchdog of a palhm that was killed needs a moment. */
  const assertRuns = async (what: string): Promise<void> => {
    const deadline = performance.now() + PATIENCE_MS;
    const look = async (): Promise<readonly string[]> => [
      await libvirt.virsh('domstate', 'guest'),
      await libvirt.virsh('qemu-agent-command', 'guest', FREEZE_STATUS),
    ];
    let state = await look();
    while (state.join() !== RUNNING.join() && performance.now() < deadline) state = await look();
    assert.deepEqual(state, RUNNING, what);
  };
  /** Nothing is left of any run, and the guest writes into its own disks. */
  const assertClean = async (what: string): Promise<void> => {
    await assertNoProcessLeft(what);
    assert.deepEqual(await remainsOf(libvirt.disks, [uuid]), [], what);
    assert.deepEqual(leftoversIn(site.root), [], what);
    for (const more of [[], ['--inactive']]) {
      const disks = await libvirt.virsh('domblklist', 'guest', '--details', ...more);
      assert.match(disks, /vda +\S+a\.raw\n.*vdb +\S+b\.qcow2$/, what);
    }
    await assertRuns(what);
  };
  const backUp = async (what: string): Promise<RunningPalhm> => {
    const palhm = start();
    const { code, stderr } = await palhm.ended;
    assert.equal(code, 0, `${what}: ${stderr}`);
    await assertClean(what);
    return palhm;
  };

  /** Restores each copy that is not known yet, and returns how many records they have. */
  const restored = new Set<string>();
  const restoreNew = async (): Promise<readonly number[]> => {
    const counts: number[] = [];
    for (const prefix of (await listPrefixes(site.config)).toSorted()) {
      if (restored.has(prefix)) continue;
      restored.add(prefix);
      const to = join(site.directory, 'restored');
      const args = ['-f', site.config, 'restore', '--copy', prefix, '--to', to];
      const { code, stderr } = await callPalhm(args);
      assert.equal(code, 0, stderr);
      counts.push(countRecords(to));
      await libvirt.virsh('define', join(to, 'domain.xml'));
      rmSync(to, { recursive: true });
    }
    return counts;
  };

  it(`${BACKUPS} copies, each of one instant, and the guest stands still for a moment only`, async (context) => {
    const times: number[] = [];
    const limits: number[] = [];
    const bounds: (readonly [number, number])[] = [];
    for (let index = 0; index < BACKUPS; index++) {
      const least = await written();
      const palhm = await backUp(`backup ${index}`);
      times.push(Number((await palhm.event('thawed'))?.['duration_ms']));
      bounds.push([least, await written()]);
      const startedAt = performance.now();
      await libvirt.virsh('domstate', 'guest');
      limits.push(Math.max(MOST_MS, MOST_CALLS * (performance.now() - startedAt)));
    }
    const counts = await restoreNew();
    assert.equal(counts.length, bounds.length);
    for (const [index, [least, most]] of bounds.entries()) {
      const count = counts[index] ?? 0;
      assert.ok(count >= least && count <= most + 1, `${least} ${count} ${most}`);
    }
    const [median, limit] = [medianOf(times), medianOf(limits)];
    const longest = Math.max(...times).toFixed(0);
    context.diagnostic(
      `median ${median.toFixed(0)} ms of ${limit.toFixed(0)}, longest ${longest} ms`,
    );
    assert.ok(median < limit, `${times.join(' ')}; ${limits.join(' ')}`);
  });

  it('an object that fails leaves nothing, and the guest runs', async () => {
    const config = `${site.config}.failing`;
    writeFileSync(config, JSON.stringify(configOf(site.root, libvirt, ['false'])));
    const { code, stderr } = await start(config).ended;
    assert.equal(code, 1, stderr);
    await assertClean('after a failure');
  });

  it(`kill -9 at ${KILLS} moments leaves nothing after the next run`, async (context) => {
    context.diagnostic(`PALHM_TEST_SEED=${seed}`);
    const whole = await backUp('the run that shows how long things take');
    const timeOf = (kind: string): number =>
      Date.parse(String(whole.events().find(({ event }) => event === kind)?.['time']));
    let left = 0;
    for (let index = 0; index < KILLS; index++) {
      const [from, until] = STRETCHES[index % STRETCHES.length] ?? STRETCHES[0];
      const ms = random.fraction() * Math.max(0, timeOf(until) - timeOf(from));
      const what = `seed ${seed}, kill ${index}, ${ms.toFixed(1)} ms after ${from}`;
      const palhm = start();
      await palhm.event(from);
      await delay(ms);
      palhm.child.kill('SIGKILL');
      if (palhm.child.exitCode === null && palhm.child.signalCode === null)
        await once(palhm.child, 'exit');
      // What exports a disk lives on until the next run; the watchdog does not.
      await assertNoProcessLeft(what, 'PALHM_VIEW=');
      await assertRuns(what);
      left += (await remainsOf(libvirt.disks, [uuid])).length;
      await backUp(what);
    }
    context.diagnostic(`${left} snapshots were left by the killed`);
    await restoreNew();
  });
});

const FREEZE_STATUS = JSON.stringify({ execute: 'guest-fsfreeze-status' });
const RUNNING = ['running', JSON.stringify({ return: 'thawed' })];

/** `last`: the program behind each of the objects. */
function configOf(root: string, { uri }: Libvirt, last = ['cat']): object {
  const object = (path: string, reference: object): object => ({
    path,
    group: 'g',
    pipeline: [
      { type: 'exec-inline', argv: ['cat', { snapshot: reference }], inverse: { argv: ['cat'] } },
      { type: 'exec-inline', argv: last, inverse: { argv: ['cat'] } },
    ],
  });
  const recordsOn = (disk: string): object => ({
    path: `${disk}.records`,
    group: 'g',
    pipeline: [
      {
        type: 'exec-inline',
        argv: ['sh', '-c', 'cat "$0/records"', { snapshot: { path: disk } }],
        inverse: { argv: ['cat'] },
      },
    ],
  });
  return {
    tasks: [
      {
        id: 'backup',
        type: 'backup',
        backend: 'localfs',
        'backend-param': { root },
        'object-groups': [
          {
            id: 'g',
            snapshot: {
              type: 'libvirt',
              domain: 'guest',
              uri,
              mounts: [{ disk: 'vda' }, { disk: 'vdb' }],
            },
          },
        ],
        objects: [
          object('a', { device: 'vda' }),
          object('b', { device: 'vdb' }),
          recordsOn('vda'),
          recordsOn('vdb'),
          object('domain.xml', { path: 'domain.xml' }),
        ],
      },
    ],
  };
}

/** Mounts both disks, as the guest would after a power cut, and counts the whole records. */
function countRecords(directory: string): number {
  const counts = ['a', 'b'].map((name) => {
    const at = join(directory, `mounted-${name}`);
    mkdirSync(at);
    run('mount', '-o', 'loop', join(directory, name), at);
    try {
      return countIn(readFileSync(join(at, 'records'), 'utf8'));
    } finally {
      run('umount', at);
    }
  });
  const [a = 0, b = 0] = counts;
  const mounted = ['vda', 'vdb'].map((name) =>
    countIn(readFileSync(join(directory, `${name}.records`), 'utf8')),
  );
  assert.deepEqual(mounted, counts, 'what was mounted on the host is of the instant, too');
  assert.ok(
    a === b || a === b + 1,
    `the second disk is not of the instant of the first: ${a} ${b}`,
  );
  return b;
}

function countIn(text: string): number {
  const lines = text.split('\n').slice(0, -1);
  for (const [index, line] of lines.entries()) {
    const number = index + 1;
    const hash = createHash('sha256').update(`record ${number}\n`).digest('hex');
    assert.equal(line, `${number} ${hash}  -`);
  }
  return lines.length;
}

/** Those that palhm does not know of, such as the watchdog, end by themselves. */
async function assertNoProcessLeft(what: string, except?: string): Promise<void> {
  const find = (): number[] =>
    processesWith(`PALHM_TEST_MARK=${mark.PALHM_TEST_MARK}`).filter(
      (pid) =>
        except === undefined || !environmentOf(String(pid)).some((one) => one.startsWith(except)),
    );
  const deadline = performance.now() + PATIENCE_MS;
  let left = find();
  while (left.length > 0 && performance.now() < deadline) {
    await delay(10);
    left = find();
  }
  assert.deepEqual(left, [], `${what}: processes are left`);
}
