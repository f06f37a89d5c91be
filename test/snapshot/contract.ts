/** What `src/snapshot/provider.ts` promises, held against a kind of snapshot. Every kind passes it unchanged. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, afterEach, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SnapshotSource } from '../../src/config/plan/snapshots/sources.js';
import type { SnapshotFacts } from '../../src/exec/facts.js';
import { Failure } from '../../src/failure/failure.js';
import type { Provider, Snapshot, SnapshotName } from '../../src/snapshot/provider.js';
import { checkSource, describeSource, openProvider } from '../../src/snapshot/registry.js';
import { isAlive } from '../rig/processes.js';
import { chooseSeed, randomFrom } from '../rig/random.js';
import { takeSnapshot } from './take.js';

/** What the contract needs of a kind beside its provider. */
export interface SnapshotRig {
  /** It is handed to another process as JSON. */
  readonly source: SnapshotSource;
  /** Another one, on the same volume: what is of one is not of the other. */
  readonly other: SnapshotSource;
  /** What palhm calls it on the host. */
  nameOf(name: SnapshotName): string;
  /** How often what needs many tries is tried, by default 5 times. */
  readonly rounds?: number;
  /** How long another palhm is at work at most before it is killed, by default 60 ms. */
  readonly killWithinMs?: number;
  /** What each of the gaps of its snapshots names. */
  readonly gaps: readonly string[];
  /** At once, as by a rename, and durable. */
  write(name: string, text: string): Promise<void>;
  /** What the snapshot has under this name; undefined for nothing. */
  read(facts: SnapshotFacts, name: string): Promise<string | undefined>;
  /** The names of all that palhm has made and that is there, sorted. */
  remains(): Promise<readonly string[]>;
  /** Makes what only looks like what palhm makes, by the names that it gets; they are not among the remains. */
  plant(names: () => string): Promise<Planted>;
  /** What makes that no snapshot can be taken, by what it is. Each returns what ends it. */
  readonly obstacles: Readonly<Record<string, () => Promise<() => Promise<void>>>>;
  /** Makes that nothing can be removed. Returns what ends it. */
  keepFromRemoving(): Promise<() => Promise<void>>;
  cleanup(): Promise<void>;
}

export interface Planted {
  /** Which of them are there. */
  readonly there: () => Promise<readonly string[]>;
  readonly remove: () => Promise<void>;
}

export interface Traits {
  /** The source is frozen while it is read, and nothing is made of it: so nothing can be left, and two wait for each other. */
  readonly isFrozen?: boolean;
}

export function describeProvider(
  title: string,
  make: () => Promise<SnapshotRig>,
  { isFrozen = false }: Traits = {},
): void {
  const itMade = (name: string, test: (context: TestContext) => Promise<void>): void => {
    if (!isFrozen) it(name, test);
  };
  const seed = chooseSeed();
  const random = randomFrom(seed);
  let rig: SnapshotRig;
  let provider: Provider;
  let children: ChildProcess[] = [];
  before(async () => {
    rig = await make();
    provider = await openProvider(rig.source);
  });
  after(() => rig.cleanup());
  afterEach(async () => {
    for (const child of children) await kill(child);
    children = [];
  });

  const { signal } = new AbortController();
  const nameOf = (name: SnapshotName): string => rig.nameOf(name);
  const newName = (number = 0): SnapshotName => ({ run: randomUUID(), number });
  const take = (name = newName()): Promise<Snapshot> => takeSnapshot(provider, name, signal);
  /** Another palhm, which does this with snapshots of the source: doomed-run.ts. */
  const startPalhm = (work: 'hold' | 'repeat', source = rig.source): ChildProcess => {
    const script = fileURLToPath(new URL('doomed-run.js', import.meta.url));
    const argv = [script, JSON.stringify(source), work];
    const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  };

  describe(title, () => {
    it('is found fit, and says what it is of', async () => {
      assert.deepEqual(await checkSource(rig.source), []);
      assert.equal(provider.description, describeSource(rig.source));
      assert.equal(provider.still?.until === 'released', isFrozen);
    });

    it('shows the source as it was at the instant, under a name with the run', async () => {
      await rig.write('file', 'before');
      const name = newName();
      const snapshot = await take(name);
      const writing = rig.write('file', 'after').then(() => rig.write('new', 'new'));
      if (!isFrozen) await writing;
      assert.equal(await rig.read(snapshot.facts, 'file'), 'before');
      assert.equal(await rig.read(snapshot.facts, 'new'), undefined);
      const made = isFrozen ? [] : [nameOf(name)];
      assert.deepEqual(await rig.remains(), made);
      for (const one of made) assert.ok(one.includes(name.run));
      await snapshot.release();
      await writing;
      assert.deepEqual(await rig.remains(), []);
      await snapshot.release();
      assert.equal(snapshot.gaps.length, rig.gaps.length);
      for (const [index, part] of rig.gaps.entries())
        assert.ok(snapshot.gaps[index]?.includes(part), snapshot.gaps[index]);
    });

    it('is of one instant: of two files that are written by turns, never the second one first', async () => {
      for (const name of ['first', 'second']) await rig.write(name, '0');
      const over = new AbortController();
      const writing = (async () => {
        for (let count = 1; !over.signal.aborted; count++) {
          await rig.write('first', `${count}`);
          await rig.write('second', `${count}`);
        }
      })();
      try {
        for (let round = 0; round < (rig.rounds ?? 5); round++) {
          const snapshot = await take();
          // The second lags behind the first by one at most.
          const [first, second] = await Promise.all(
            ['first', 'second'].map(async (name) => Number(await rig.read(snapshot.facts, name))),
          );
          await snapshot.release();
          assert.ok(first === second || first === Number(second) + 1, `${first} ${second}`);
        }
      } finally {
        over.abort();
        await writing;
      }
    });

    itMade('can be one of several of a run, also at the same time', async () => {
      const run = randomUUID();
      const names = [0, 1, 2].map((number) => ({ run, number }));
      const snapshots = await Promise.all(names.map(take));
      assert.deepEqual(await rig.remains(), names.map(nameOf).toSorted());
      await Promise.all(snapshots.map((one) => one.release()));
      assert.deepEqual(await rig.remains(), []);
    });

    itMade('of a palhm that is alive stays, of one that is dead goes, once', async () => {
      const own = newName();
      const snapshot = await take(own);
      const other = startPalhm('hold');
      const [line] = await lineOf(other);
      const both = [nameOf(own), String(line)].toSorted();
      assert.deepEqual(await provider.tidy(signal), []);
      assert.deepEqual(await rig.remains(), both);
      await kill(other);
      assert.deepEqual(await rig.remains(), both, 'nobody removes it when its palhm dies');
      const [removed, ...more] = await provider.tidy(signal);
      assert.ok(removed?.what.includes(String(line)), removed?.what);
      assert.deepEqual(more, []);
      assert.deepEqual(await rig.remains(), [nameOf(own)]);
      assert.deepEqual(await provider.tidy(signal), []);
      await snapshot.release();
    });

    itMade('of another source stays, also when its palhm is dead', async () => {
      const other = startPalhm('hold', rig.other);
      const [line] = await lineOf(other);
      await kill(other);
      assert.deepEqual(await provider.tidy(signal), []);
      assert.deepEqual(await rig.remains(), [line]);
      assert.equal((await (await openProvider(rig.other)).tidy(signal)).length, 1);
      assert.deepEqual(await rig.remains(), []);
    });

    itMade('goes and comes beside others that tidy, take and release, and none fails', async () => {
      const others = [startPalhm('repeat'), startPalhm('repeat')];
      await Promise.all(others.map(lineOf));
      for (let round = 0; round < 2 * (rig.rounds ?? 5); round++) {
        assert.deepEqual(await provider.tidy(signal), []);
        const snapshot = await take();
        assert.notEqual(await rig.read(snapshot.facts, 'first'), undefined);
        await snapshot.release();
      }
      for (const other of others) assert.equal(await end(other), 0);
      assert.deepEqual(await rig.remains(), []);
    });

    itMade(
      'whatever its palhm did when it was killed, nothing is left by the next',
      async (context) => {
        context.diagnostic(`PALHM_TEST_SEED=${seed}`);
        for (let round = 0; round < (rig.rounds ?? 5); round++) {
          const other = startPalhm('repeat');
          await lineOf(other);
          await delay(random.fraction() * (rig.killWithinMs ?? 60));
          await kill(other);
          await provider.tidy(signal);
          assert.deepEqual(await rig.remains(), [], `kill ${round}`);
        }
      },
    );

    itMade('leaves alone what only looks like one', async () => {
      const planted = await rig.plant(() => nameOf(newName()));
      const all = await planted.there();
      assert.ok(all.length > 0);
      assert.deepEqual(await provider.tidy(signal), []);
      await (await take()).release();
      assert.deepEqual(await planted.there(), all);
      await planted.remove();
    });

    it('leaves nothing when it cannot be taken, whatever is in the way', async () => {
      for (const [what, obstruct] of Object.entries(rig.obstacles)) {
        const clear = await obstruct();
        await assert.rejects(take(), { code: 'SNAPSHOT_FAILED' }, what);
        await clear();
        assert.deepEqual(await rig.remains(), [], what);
        await (await take()).release();
      }
    });

    it('is not taken after a signal, which is the reason', async () => {
      const stop = new AbortController();
      const reason = new Error('stopped by the test');
      stop.abort(reason);
      await assert.rejects(provider.take(newName(), stop.signal), (error) => error === reason);
      assert.deepEqual(await rig.remains(), []);
    });

    itMade(
      'tells what could not be removed, and how to; a second try removes it, or the next run',
      async () => {
        for (const tryAgain of [true, false]) {
          const name = newName();
          const snapshot = await take(name);
          const clear = await rig.keepFromRemoving();
          await assert.rejects(snapshot.release(), (error) => {
            assert.ok(error instanceof Failure);
            assert.equal(error.code, 'SNAPSHOT_LEFT');
            assert.ok(error.message.includes(nameOf(name)), error.message);
            assert.ok(error.hint?.includes(nameOf(name)), error.hint);
            return true;
          });
          await clear();
          assert.deepEqual(await rig.remains(), [nameOf(name)]);
          if (tryAgain) await snapshot.release();
          else assert.equal((await provider.tidy(signal)).length, 1);
          assert.deepEqual(await rig.remains(), []);
          await snapshot.release();
        }
      },
    );
  });
}

async function lineOf(child: ChildProcess): Promise<readonly string[]> {
  assert.ok(child.stdout);
  const [chunk] = await once(child.stdout.setEncoding('utf8'), 'data');
  return String(chunk).trimEnd().split('\n');
}

/** Told to end, by the end of its stdin. */
async function end(child: ChildProcess): Promise<number | null> {
  child.stdout?.resume();
  child.stdin?.end();
  if (child.exitCode === null) await once(child, 'exit');
  return child.exitCode;
}

/** Whatever it has started may still be at work: that ends by itself. */
async function kill(child: ChildProcess): Promise<void> {
  const { pid = 0 } = child;
  if (!isAlive(pid)) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
