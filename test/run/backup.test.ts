import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import type { BackupPlan, Plan, TaskPlan } from '../../src/config/plan.js';
import { MANIFEST_NAME, type Manifest, parseManifest } from '../../src/copy/manifest.js';
import type { Event } from '../../src/events/events.js';
import { Failure } from '../../src/failure/failure.js';
import { openSignalGate } from '../../src/run/signals.js';
import { type RunOptions, runTask } from '../../src/run/task.js';
import { backupPlan, execPlan, groupPlan, objectPlan, planOf, shell } from '../rig/plans.js';
import { isAlive, openRig, type Rig } from '../rig/rig.js';

let directory = '';
let root = '';
let events: Event[] = [];
let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(() => rig.close());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'palhm-test-'));
  root = join(directory, 'root');
  events = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

const ONCE: RunOptions = { waitMs: 0, dryRun: false, only: [] };

async function run(
  tasks: readonly TaskPlan[],
  more: {
    task?: string;
    options?: Partial<RunOptions>;
    plan?: Partial<Plan>;
    clock?: () => number;
    onSignals?: (stop: () => void) => void;
  } = {},
): Promise<void> {
  const signals = openSignalGate();
  more.onSignals?.(() => process.emit('SIGTERM', 'SIGTERM'));
  try {
    const operation = {
      plan: planOf(tasks, more.plan),
      emit: (event: Event) => void events.push(event),
      signals,
      clock: more.clock ?? Date.now,
    };
    await runTask(operation, more.task ?? 'backup', { ...ONCE, ...more.options });
  } finally {
    signals.close();
  }
}

const simple = (more: Partial<BackupPlan> = {}): BackupPlan =>
  backupPlan(
    root,
    [
      groupPlan(
        'default',
        [],
        [
          objectPlan('a.gz', [shell('echo hello'), execPlan(['gzip', '-n'])]),
          objectPlan('dir/b', [shell('echo b')]),
        ],
      ),
    ],
    more,
  );

const copies = (): string[] => readdirSync(root).filter((name) => !name.startsWith('.'));
const hidden = (): string[] =>
  readdirSync(root).filter((name) => name.startsWith('.') && name !== '.palhm-lock');
const manifestOf = (prefix: string): Manifest =>
  parseManifest(readFileSync(join(root, prefix, MANIFEST_NAME), 'utf8'));
const failure = (error: unknown): Failure => {
  assert.ok(error instanceof Failure, String(error));
  return error;
};

suite('a run', () => {
  test('makes one whole copy with a manifest that says what is in it', async () => {
    await run([simple()]);
    const [prefix = ''] = copies();
    assert.match(prefix, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
    const manifest = manifestOf(prefix);
    assert.deepEqual(
      manifest.objects.map(({ path }) => path),
      ['a.gz', 'dir/b'],
    );
    for (const object of manifest.objects) {
      const bytes = readFileSync(join(root, prefix, object.path));
      assert.equal(object.size, bytes.length);
      assert.equal(object.sha256, createHash('sha256').update(bytes).digest('hex'));
    }
    assert.deepEqual(hidden(), []);
  });
  test('twice in one second makes two copies, in order', async () => {
    const clock = (): number => Date.UTC(2026, 0, 1);
    await run([simple()], { clock });
    await run([simple()], { clock });
    await run([simple()], { clock });
    assert.deepEqual(copies().toSorted(), [
      '2026-01-01T00:00:00+00:00',
      '2026-01-01T00:00:00.000+00:00',
      '2026-01-01T00:00:00.000000+00:00',
    ]);
  });
  test('says what happens, in order', async () => {
    await run([simple()], { plan: { workers: 1 } });
    const types = events.map(({ type }) => type).filter((type) => type !== 'object-progress');
    assert.deepEqual(types, [
      'task-started',
      'copy-opened',
      'group-started',
      'object-started',
      'object-finished',
      'object-started',
      'object-finished',
      'group-finished',
      'copy-committed',
      'rotation-finished',
      'task-finished',
    ]);
  });
  test('warns of an object that is empty', async () => {
    await run([
      backupPlan(root, [groupPlan('default', [], [objectPlan('nothing', [execPlan(['true'])])])]),
    ]);
    assert.ok(
      events.some(
        (event) => event.type === 'warning' && event.message.includes('"nothing" is empty'),
      ),
    );
  });
  test('as a dry run stores nothing', async () => {
    await run([simple()], { options: { dryRun: true } });
    assert.equal(existsSync(root), false);
    const finished = events.find(
      (event) => event.type === 'object-finished' && event.object === 'dir/b',
    );
    assert.equal(finished?.type === 'object-finished' && finished.size, 2);
  });
  test('as a dry run of some objects builds those alone', async () => {
    await run([simple()], { options: { dryRun: true, only: ['dir/b'] } });
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'object-started' ? [event.object] : [])),
      ['dir/b'],
    );
    await assert.rejects(
      run([simple()], { options: { dryRun: true, only: ['nope'] } }),
      /no object "nope"/,
    );
  });
});

suite('a failure', () => {
  const oldCopy = '2020-01-01T00:00:00+00:00';
  beforeEach(() => {
    mkdirSync(join(root, oldCopy), { recursive: true });
    writeFileSync(join(root, oldCopy, 'x'), 'old');
  });
  const nothingButTheOld = (): void => {
    assert.deepEqual(copies(), [oldCopy]);
    assert.deepEqual(hidden(), []);
    assert.equal(readFileSync(join(root, oldCopy, 'x'), 'utf8'), 'old');
  };

  test('of a stage rolls everything back, stops the siblings, and starts nothing new', async () => {
    const objects = [
      objectPlan('good', [shell('echo good')]),
      objectPlan('bad', [execPlan(rig.argv('bad'))]),
      objectPlan('sibling', [execPlan(rig.argv('sibling'))]),
    ];
    const plan = backupPlan(
      root,
      [
        groupPlan('first', [], objects),
        groupPlan('second', ['first'], [objectPlan('never', [execPlan(rig.argv('never'))])]),
      ],
      {},
    );
    const running = run([plan]).catch(failure);
    const [bad, sibling] = await Promise.all([rig.invoked('bad'), rig.invoked('sibling')]);
    await sibling.tell({ do: 'print', text: 'half' });
    await bad.tell({ do: 'complain', text: 'no more rows\n' });
    await bad.end({ do: 'exit', code: 3 });
    const error = await running;
    assert.ok(error instanceof Failure);
    assert.equal(error.code, 'STAGE_FAILED');
    assert.ok(error.details.includes('| no more rows'));
    assert.ok(error.details.some((line) => line.includes('rolled back')));
    assert.equal(isAlive(sibling.pid), false);
    assert.equal(rig.wasInvoked('never'), false);
    assert.ok(
      events.some((event) => event.type === 'object-cancelled' && event.object === 'sibling'),
    );
    nothingButTheOld();
  });
  test('by SIGTERM rolls everything back', async () => {
    let stop = (): void => {};
    const running = run(
      [
        backupPlan(root, [
          groupPlan('default', [], [objectPlan('slow', [execPlan(rig.argv('slow'))])]),
        ]),
      ],
      { onSignals: (emit) => (stop = emit) },
    ).catch(failure);
    const slow = await rig.invoked('slow');
    await slow.tell({ do: 'print', text: 'half' });
    stop();
    stop();
    assert.equal((await running)?.code, 'TERMINATED');
    assert.equal(isAlive(slow.pid), false);
    nothingButTheOld();
  });
  test('a second run on one root is refused and harms nothing', async () => {
    const plan = backupPlan(root, [
      groupPlan('default', [], [objectPlan('slow', [execPlan(rig.argv('holder'))])]),
    ]);
    const first = run([plan]);
    const holder = await rig.invoked('holder');
    const second = await run([simple()]).catch(failure);
    assert.equal(second?.code, 'LOCKED');
    assert.match(second?.message ?? '', new RegExp(`${process.pid}`));
    await holder.end({ do: 'exit', code: 0 });
    await first;
    assert.equal(copies().length, 2);
  });
  test('of rotation leaves the new copy and says so', async () => {
    for (let day = 10; day < 20; day += 1) mkdirSync(join(root, `2020-01-${day}T00:00:00+00:00`));
    const base = simple();
    assert.equal(base.sink.type, 'localfs');
    if (base.sink.type !== 'localfs') return;
    const sink = {
      ...base.sink,
      retention: { ...base.sink.retention, copies: { type: 'at-most', value: 2n } as const },
    };
    const error = await run([{ ...base, sink }]).catch(failure);
    assert.equal(error?.code, 'ROTATION_REFUSED');
    assert.ok(error?.details.some((line) => line.includes('is complete and safe')));
    assert.equal(copies().length, 12);
  });
});

suite('rotation', () => {
  test('keeps as many as the limit says, the newest of them', async () => {
    const base = simple();
    if (base.sink.type !== 'localfs') return assert.fail();
    const sink = {
      ...base.sink,
      retention: { ...base.sink.retention, copies: { type: 'at-most', value: 2n } as const },
    };
    for (let day = 1; day <= 4; day += 1)
      await run([{ ...base, sink }], { clock: () => Date.UTC(2026, 0, day) });
    assert.deepEqual(copies().toSorted(), [
      '2026-01-03T00:00:00+00:00',
      '2026-01-04T00:00:00+00:00',
    ]);
  });
});

suite('a routine', () => {
  const place = { file: 'test.jsonc', line: 1, column: 1 };
  test('runs its steps in order and stops at the first failure', async () => {
    const mark = join(directory, 'mark');
    const step = (script: string) =>
      ({ type: 'exec', exec: shell(script, { stdoutLevel: 9 }) }) as const;
    const routine = {
      type: 'routine',
      id: 'r',
      place,
      steps: [
        step(`echo 1 >> ${mark}`),
        { type: 'task', taskId: 'backup' },
        step(`exit 3`),
        step(`echo 2 >> ${mark}`),
      ],
    } as const;
    await assert.rejects(run([routine, simple()], { task: 'r' }), /exited with status 3/);
    assert.equal(readFileSync(mark, 'utf8'), '1\n');
    assert.equal(copies().length, 1);
  });
  test('holds signals back from palhm and from its stages', async () => {
    const mark = join(directory, 'mark');
    const routine = {
      type: 'routine',
      id: 'r',
      place,
      steps: [
        { type: 'sigmask', changes: [{ action: 'block', signals: ['SIGTERM'] }] },
        {
          type: 'exec',
          exec: shell(`kill -TERM $$ ${process.pid}; echo survived > ${mark}`, { stdoutLevel: 9 }),
        },
      ],
    } as const;
    await run([routine], { task: 'r' });
    assert.equal(readFileSync(mark, 'utf8'), 'survived\n');
  });
  test('lets a signal through again that came while it was blocked', async () => {
    const change = (action: 'block' | 'unblock') =>
      ({ type: 'sigmask', changes: [{ action, signals: ['SIGTERM'] }] }) as const;
    const kill = {
      type: 'exec',
      exec: shell(`kill -TERM ${process.pid}`, { stdoutLevel: 9 }),
    } as const;
    const slow = { type: 'exec', exec: shell('sleep 60', { stdoutLevel: 9 }) } as const;
    const routine = {
      type: 'routine',
      id: 'r',
      place,
      steps: [change('block'), kill, change('unblock'), slow],
    } as const;
    const error = await run([routine], { task: 'r' }).catch(failure);
    assert.equal(error?.code, 'TERMINATED');
  });
  test('cannot be run dry', async () => {
    const routine = { type: 'routine', id: 'r', place, steps: [] } as const;
    await assert.rejects(
      run([routine], { task: 'r', options: { dryRun: true } }),
      /would really run/,
    );
  });
});
