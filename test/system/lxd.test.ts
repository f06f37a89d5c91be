/**
 * Backups of a service in a container that never stops writing, from clones of it: each copy is what it had written at one instant.
 * And `kill -9` at random moments: after the next run nothing is left. PALHM_SOAK: how many kills, by default 5; twice as many
 * backups. Needs what lxd-lab.ts needs.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { leftoversIn } from '../rig/copies.js';
import { callPalhm, type RunningPalhm, startPalhm } from '../rig/palhm.js';
import { chooseSeed, randomFrom } from '../rig/random.js';
import { listPrefixes, makeSite, type Site } from '../rig/site.js';
import { type Lxd, makeLxd, remainsIn, whyNoLxd } from './lxd-lab.js';
import { type Service, startService } from './lxd-service.js';
import { countRecords } from './records.js';

const KILLS = Number(process.env['PALHM_SOAK'] ?? 5);
const BACKUPS = 2 * KILLS;
const MEDIAN_MS = 1000;

const seed = chooseSeed();
const random = randomFrom(seed);
const mark = { PALHM_TEST_MARK: randomUUID() };

/** A kill comes at a random moment between two events of a run: of each of these by turns. */
const STRETCHES = [
  ['copy-opened', 'snapshot-taken'],
  ['snapshot-taken', 'object-started'],
  ['object-started', 'object-finished'],
  ['object-finished', 'snapshot-removed'],
  ['snapshot-removed', 'run-finished'],
] as const;

describe('backups of a service in a container', { skip: whyNoLxd() }, () => {
  let lxd: Lxd;
  before(async () => {
    lxd = await makeLxd();
  });
  after(() => lxd.remove());

  for (const pool of ['btr', 'dir'] as const)
    describe(`in a pool ${pool}`, () => {
      let site: Site;
      let service: Service;
      before(async () => {
        site = makeSite();
        lxd.run('launch', 'busybox', 'db', '-s', pool);
        writeFileSync(site.config, JSON.stringify(configOf(site.root, lxd)));
        service = await startService(lxd, 'db');
      });
      after(async () => {
        await service.stop();
        lxd.run('delete', '--force', 'db');
        site.remove();
      });

      const start = (): RunningPalhm =>
        startPalhm(['-f', site.config, '-v', '--log-format', 'json', 'run', 'backup'], {
          env: mark,
        });

      /** A run to its end: it makes a copy, and leaves nothing of itself or of those before it. */
      const backUp = async (what: string): Promise<RunningPalhm> => {
        const palhm = start();
        const { code, stderr } = await palhm.ended;
        assert.equal(code, 0, `${what}: ${stderr}`);
        assert.deepEqual(remainsIn(lxd), [], what);
        assert.deepEqual(locks(), [], what);
        assert.deepEqual(leftoversIn(site.root), [], what);
        return palhm;
      };

      /** Restores each copy that is not known yet, and returns how many records they have. */
      const restored = new Set<string>();
      const restoreNew = async (): Promise<readonly number[]> => {
        const counts: number[] = [];
        for (const prefix of await listPrefixes(site.config)) {
          if (restored.has(prefix)) continue;
          restored.add(prefix);
          const to = join(site.directory, 'restored');
          const args = ['-f', site.config, 'restore', '--copy', prefix, '--to', to, '--extract'];
          const { code, stderr } = await callPalhm(args);
          assert.equal(code, 0, stderr);
          const file = (object: string, name: string): string => join(to, object, name);
          counts.push(countRecords({ a: file('ac', 'a'), b: file('b', 'b'), c: file('ac', 'c') }));
          rmSync(to, { recursive: true });
        }
        return counts;
      };

      const backups = pool === 'btr' ? BACKUPS : 2;
      it(`${backups} copies, each of one instant, and it is quick`, async (context) => {
        const times: number[] = [];
        for (let index = 0; index < backups; index++) {
          const least = service.written();
          const palhm = await backUp(`backup ${index}`);
          times.push(Number((await palhm.event('snapshot-taken'))?.['duration_ms']));
          const [count = 0, ...more] = await restoreNew();
          assert.deepEqual(more, []);
          assert.ok(count >= least && count <= service.written(), `${least} ${count}`);
        }
        const sorted = times.toSorted((one, two) => one - two);
        const median = sorted[Math.floor(sorted.length / 2)] ?? Infinity;
        context.diagnostic(`median ${median.toFixed(0)} ms, longest ${sorted.at(-1)?.toFixed(0)}`);
        // All of a directory is copied.
        if (pool === 'btr') assert.ok(median < MEDIAN_MS, times.join(' '));
      });

      if (pool === 'dir') return;
      it(`kill -9 at ${KILLS} moments leaves nothing after the next run`, async (context) => {
        context.diagnostic(`PALHM_TEST_SEED=${seed}`);
        const whole = await backUp('the run that shows how long things take');
        const timeOf = (kind: string): number =>
          Date.parse(String(whole.events().find(({ event }) => event === kind)?.['time']));
        let left = 0;
        for (let index = 0; index < KILLS; index++) {
          const [from, until] = STRETCHES[index % STRETCHES.length] ?? STRETCHES[0];
          const ms = random.fraction() * (timeOf(until) - timeOf(from));
          const palhm = start();
          await palhm.event(from);
          await delay(ms);
          palhm.child.kill('SIGKILL');
          if (palhm.child.signalCode === null) await once(palhm.child, 'exit');
          left += remainsIn(lxd).length;
          await backUp(`seed ${seed}, kill ${index}, ${ms.toFixed(1)} ms after ${from}`);
        }
        context.diagnostic(`${left} clones and snapshots were left by the killed`);
        await restoreNew();
        assert.equal(lxd.run('list', 'db', '-f', 'csv', '-c', 's'), 'RUNNING');
      });
    });
});

/** The files that tell the living from the dead. */
function locks(): readonly string[] {
  return readdirSync('/run/lock').filter((name) => /^palhm-[0-9a-f-]{36}-\d+\.lock$/.test(name));
}

function configOf(root: string, { socket, client }: Lxd): object {
  const tar = (...files: readonly string[]): object[] => [
    {
      type: 'exec-inline',
      in: 'snapshot',
      argv: ['tar', '-C', '/data', '-cf', '-', ...files],
      inverse: { argv: ['tar', '-xf', '-'] },
    },
  ];
  const snapshot = { type: 'lxd', instance: 'db', socket, client };
  return {
    tasks: [
      {
        id: 'backup',
        type: 'backup',
        backend: 'localfs',
        'backend-param': { root },
        'object-groups': [{ id: 'g', snapshot }],
        objects: [
          { path: 'ac.tar', group: 'g', pipeline: tar('a', 'c') },
          { path: 'b.tar', group: 'g', pipeline: tar('b') },
        ],
      },
    ],
  };
}
