/**
 * A service that never stops writing, on a file system that is frozen while it is read: each copy is of one instant. And `kill -9` at
 * random moments: the service writes on, with no help of a next run. PALHM_SOAK: how many kills, by default 5; as many backups.
 * Needs root; Debian packages: e2fsprogs, xfsprogs, mount, tar, util-linux.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type FileSystem, makeFileSystem, whyNoFileSystem } from '../rig/file-system.js';
import { callPalhm, type RunningPalhm, startPalhm } from '../rig/palhm.js';
import { chooseSeed, randomFrom } from '../rig/random.js';
import { listPrefixes, makeSite, type Site } from '../rig/site.js';
import { countRecords } from './records.js';

const KILLS = Number(process.env['PALHM_SOAK'] ?? 5);
const WRITES_ON_MS = 30_000;
const seed = chooseSeed();
const random = randomFrom(seed);

/** A kill comes at a random moment between two events of a run: of each of these by turns. */
const STRETCHES = [
  ['copy-opened', 'snapshot-taken'],
  ['snapshot-taken', 'object-finished'],
  ['object-finished', 'thawed'],
] as const;

for (const type of ['ext4', 'xfs'] as const)
  describe(`backups of a service that writes, on a frozen ${type}`, {
    skip: whyNoFileSystem(type),
  }, () => {
    let files: FileSystem;
    let site: Site;
    let service: ChildProcess;
    let written = 0;
    before(async () => {
      files = makeFileSystem(type);
      site = makeSite();
      writeFileSync(site.config, JSON.stringify(configOf(site.root, files.top)));
      const script = fileURLToPath(new URL('record-writer.js', import.meta.url));
      service = spawn(process.execPath, [script, files.top], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      service.stdout?.setEncoding('utf8').on('data', (text: string) => {
        written = Number(text.trimEnd().split('\n').at(-1));
      });
      await writesOn();
    });
    after(async () => {
      service.kill();
      await once(service, 'exit');
      site.remove();
      files.remove();
    });

    /** Until the service has written more, which it cannot while it is frozen. */
    const writesOn = async (): Promise<void> => {
      assert.ok(service.stdout);
      await once(service.stdout, 'data', { signal: AbortSignal.timeout(WRITES_ON_MS) });
    };
    const start = (): RunningPalhm =>
      startPalhm(['-f', site.config, '-v', '--log-format', 'json', 'run', 'backup']);
    const backUp = async (): Promise<RunningPalhm> => {
      const palhm = start();
      const { code, stderr } = await palhm.ended;
      assert.equal(code, 0, stderr);
      await writesOn();
      return palhm;
    };
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

    it(`${KILLS} copies, each of one instant`, async (context) => {
      const times: number[] = [];
      for (let index = 0; index < KILLS; index++) {
        const least = written;
        const palhm = await backUp();
        times.push(Number((await palhm.event('thawed'))?.['duration_ms']));
        const [count = 0, ...more] = await restoreNew();
        assert.deepEqual(more, []);
        assert.ok(count >= least && count <= written, `${least} ${count} ${written}`);
      }
      const sorted = times.toSorted((one, two) => one - two).map((ms) => ms.toFixed(0));
      context.diagnostic(`frozen for ${sorted.join(', ')} ms`);
    });

    it(`kill -9 at ${KILLS} moments leaves nothing frozen`, async (context) => {
      context.diagnostic(`PALHM_TEST_SEED=${seed}`);
      const whole = await backUp();
      const timeOf = (kind: string): number =>
        Date.parse(String(whole.events().find(({ event }) => event === kind)?.['time']));
      for (let index = 0; index < KILLS; index++) {
        const [from, until] = STRETCHES[index % STRETCHES.length] ?? STRETCHES[0];
        const ms = random.fraction() * (timeOf(until) - timeOf(from));
        const palhm = start();
        await palhm.event(from);
        await delay(ms);
        palhm.child.kill('SIGKILL');
        if (palhm.child.exitCode === null) await once(palhm.child, 'exit');
        await writesOn();
      }
      await backUp();
      await restoreNew();
      assert.equal(service.exitCode, null);
    });
  });

function configOf(root: string, mount: string): object {
  const tar = (...names: readonly string[]): object[] => [
    {
      type: 'exec-inline',
      argv: ['tar', '-C', { snapshot: 'path' }, '-cf', '-', ...names],
      inverse: { argv: ['tar', '-xf', '-'] },
    },
  ];
  return {
    tasks: [
      {
        id: 'backup',
        type: 'backup',
        backend: 'localfs',
        'backend-param': { root },
        'object-groups': [{ id: 'g', snapshot: { type: 'fs', mount, freeze: { max: '1m' } } }],
        objects: [
          { path: 'ac.tar', group: 'g', pipeline: tar('a', 'c') },
          { path: 'b.tar', group: 'g', pipeline: tar('b') },
        ],
      },
    ],
  };
}
