/** What happens around a snapshot, in order, and what comes of each failure: real programs, a real file system, a real run. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openSignalGate, type SignalGate } from '../../../src/cli/signals.js';
import type { BackupPlan, GroupPlan, HooksPlan } from '../../../src/config/plan/plan.js';
import type { Event } from '../../../src/events/events.js';
import { exitCodeOf, type RunReport } from '../../../src/events/run-report.js';
import { run as runTask } from '../../../src/run/operations.js';
import { parseManifest } from '../../../src/wire/parse-manifest.js';
import {
  type Btrfs,
  holdDirectory,
  makeBtrfs,
  run,
  snapshotsIn,
  whyNoBtrfs,
} from '../../rig/btrfs.js';
import { backupPlan, groupPlan, objectPlan, shell } from '../../rig/plans.js';
import { openStand, type Stand } from '../../rig/stand.js';

const BEFORE = ['before'];
const TAKEN = [...BEFORE, 'snapshot', 'after-snapshot'];
const WORKED = [...TAKEN, 'work', 'object always'];
const FAILED = ['on-error', 'always', 'roll back'];
const STOPPED = ['always', 'roll back'];

interface Row {
  readonly wrong: string;
  readonly order: readonly string[];
  readonly exit: number;
}

const ROWS: readonly Row[] = [
  { wrong: 'nothing', order: [...WORKED, 'removed', 'after', 'always', 'commit'], exit: 0 },
  { wrong: 'before ends with 1', order: [...BEFORE, ...FAILED], exit: 1 },
  { wrong: 'SIGTERM during before', order: [...BEFORE, ...STOPPED], exit: 143 },
  { wrong: 'no snapshot can be taken', order: [...BEFORE, ...FAILED], exit: 1 },
  { wrong: 'after-snapshot ends with 1', order: [...TAKEN, 'removed', ...FAILED], exit: 1 },
  { wrong: 'SIGTERM during after-snapshot', order: [...TAKEN, 'removed', ...STOPPED], exit: 143 },
  { wrong: 'work ends with 1', order: [...WORKED, 'removed', ...FAILED], exit: 1 },
  { wrong: 'SIGTERM during work', order: [...WORKED, 'removed', ...STOPPED], exit: 143 },
  { wrong: 'SIGTERM during object always', order: [...WORKED, 'removed', ...STOPPED], exit: 143 },
  {
    wrong: 'the snapshot is not removed',
    order: [...WORKED, 'after', 'always', 'commit'],
    exit: 3,
  },
  { wrong: 'after ends with 1', order: [...WORKED, 'removed', 'after', ...FAILED], exit: 1 },
  { wrong: 'SIGTERM during after', order: [...WORKED, 'removed', 'after', ...STOPPED], exit: 143 },
];

const NAMES: Partial<Readonly<Record<Event['type'], string>>> = {
  'snapshot-taken': 'snapshot',
  'snapshot-removed': 'removed',
  'copy-committed': 'commit',
  'copy-rolled-back': 'roll back',
};

function nameOf(event: Event): readonly string[] {
  if (event.type === 'hook-started')
    return [event.part === 'object' ? `object ${event.hook}` : event.hook];
  if (event.type === 'stage-output') return event.line === 'work' ? ['work'] : [];
  if (event.type === 'leftover-removed') return [event.what];
  return [NAMES[event.type] ?? []].flat();
}

describe('the snapshot of a group', { skip: whyNoBtrfs() }, () => {
  let btrfs: Btrfs;
  let stand: Stand;
  let gate: SignalGate;
  beforeEach(() => {
    btrfs = makeBtrfs();
    mkdirSync(join(btrfs.top, 'snapshots'));
    writeFileSync(join(btrfs.data, 'file'), 'before');
    stand = openStand();
    gate = openSignalGate();
  });
  afterEach(() => {
    gate.close();
    stand.close();
    btrfs.remove();
  });

  /** What a program does in the case of this row. */
  const scriptOf = (name: string, wrong: string): string => {
    // Only what a signal stops waits for it.
    const wait = name.endsWith('always') ? '' : '; sleep 60';
    if (wrong === `SIGTERM during ${name}`) return `kill -TERM ${process.pid}${wait}`;
    if (wrong === 'no snapshot can be taken' && name === 'before')
      return `rmdir ${btrfs.top}/snapshots`;
    if (wrong === 'the snapshot is not removed' && name === 'object always')
      return `mount -o remount,ro ${btrfs.top}`;
    return wrong === `${name} ends with 1` ? 'exit 1' : 'true';
  };
  const hooksOf = (prefix: string, wrong: string): HooksPlan => {
    const list = (kind: string) => [shell(scriptOf(`${prefix}${kind}`, wrong))];
    return {
      before: prefix === '' ? list('before') : [],
      after: prefix === '' ? list('after') : [],
      onError: prefix === '' ? list('on-error') : [],
      always: list('always'),
    };
  };
  /** The stages of the object find the path of the snapshot in $SNAPSHOT. */
  const groupOf = (wrong: string, work = 'cat $SNAPSHOT/file', id = 'g'): GroupPlan => {
    const env = new Map([['SNAPSHOT', { type: 'snapshot', what: 'path', of: undefined } as const]]);
    const script = `echo work >&2; ${work}; ${scriptOf('work', wrong)}`;
    const object = objectPlan(`${id}.o`, [shell(script, { env })], {
      hooks: hooksOf('object ', wrong),
    });
    const directory = join(btrfs.top, 'snapshots');
    return {
      ...groupPlan(id, [], [object]),
      hooks: hooksOf('', wrong),
      snapshot: {
        place: object.place,
        source: { type: 'btrfs', subvolume: btrfs.data, directory },
        freeze: undefined,
        afterSnapshot: [shell(scriptOf('after-snapshot', wrong))],
      },
    };
  };
  const start = (task: BackupPlan): Promise<RunReport> => {
    const caught = { signal: gate.signal, mask: gate };
    return runTask(stand.operation([task], caught), { task: task.id });
  };
  const startRow = (wrong: string): Promise<RunReport> =>
    start(backupPlan(stand.root, [groupOf(wrong)]));

  for (const { wrong, order, exit } of ROWS)
    it(`is removed, in order, when this goes wrong: ${wrong}`, async () => {
      const report = await startRow(wrong);
      assert.deepEqual(stand.events.flatMap(nameOf), order);
      assert.equal(exitCodeOf(report), exit);
      assert.equal(stand.copies().length, exit === 0 || exit === 3 ? 1 : 0);
      assert.deepEqual(stand.leftovers(), []);
      if (wrong !== 'the snapshot is not removed') assert.deepEqual(snapshotsIn(btrfs.top), []);
    });

  it('that a run could not remove is told, the copy is kept, and the next run removes it', async () => {
    const { afterwards } = await startRow('the snapshot is not removed');
    const [left = '', ...more] = snapshotsIn(btrfs.top);
    assert.deepEqual(more, []);
    assert.deepEqual(
      afterwards.map(({ code, hint = '' }) => [code, hint.includes(left)]),
      [['SNAPSHOT_LEFT', true]],
    );
    run('mount', '-o', 'remount,rw', btrfs.top);
    stand.events.splice(0);
    assert.equal(exitCodeOf(await startRow('nothing')), 0);
    assert.deepEqual(stand.events.flatMap(nameOf).slice(0, 3), [
      'before',
      `the snapshot ${btrfs.top}/snapshots/${left}`,
      'snapshot',
    ]);
    assert.deepEqual(snapshotsIn(btrfs.top), []);
  });

  it('is not taken when a signal comes while another palhm takes one', async () => {
    const holder = await holdDirectory(join(btrfs.top, 'snapshots'));
    const running = startRow('nothing');
    await holder.untilWaiting();
    process.kill(process.pid, 'SIGTERM');
    assert.equal(exitCodeOf(await running), 143);
    holder.end();
    assert.deepEqual(stand.events.flatMap(nameOf), [...BEFORE, ...STOPPED]);
    assert.deepEqual(snapshotsIn(btrfs.top), []);
  });

  it('is what the objects read, and is in the manifest', async () => {
    const group = groupOf('nothing');
    assert.ok(group.snapshot);
    const changes = shell(`echo after > ${btrfs.data}/file`);
    const reading = { ...group, snapshot: { ...group.snapshot, afterSnapshot: [changes] } };
    const other = groupPlan('other', [], [objectPlan('p', [shell('echo')])]);
    const from = Date.now();
    await start(backupPlan(stand.root, [reading, other]));
    const [copy = ''] = stand.copies();
    assert.equal(readFileSync(join(stand.root, copy, 'g.o'), 'utf8'), 'before');
    const text = readFileSync(join(stand.root, copy, '.palhm-manifest.json'), 'utf8');
    const [first, second] = parseManifest(text).groups ?? [];
    assert.equal(first?.snapshot?.of, `the btrfs subvolume ${btrfs.data}`);
    const taken = Date.parse(first.snapshot.taken);
    assert.ok(from <= taken && taken <= Date.now());
    assert.equal(second?.snapshot, undefined);
  });

  it('is taken in a dry run of its objects, and only then', async () => {
    const groups = [groupOf('nothing'), groupOf('nothing', 'true', 'unwanted')];
    await stand.run([backupPlan(stand.root, groups)], { dryRunOf: ['g.o'] });
    assert.deepEqual(stand.events.flatMap(nameOf), [...WORKED, 'removed', 'always', 'commit']);
    assert.deepEqual(snapshotsIn(btrfs.top), []);
  });

  it('may be one of several at the same time, of groups and of tasks', async () => {
    const twice = (id: string): BackupPlan => {
      const groups = ['a', 'b'].map((group) => groupOf('nothing', 'cat $SNAPSHOT/file', group));
      return backupPlan(join(stand.directory, id), groups, { id });
    };
    const reports = await Promise.all(['one', 'two'].map((id) => start(twice(id))));
    assert.deepEqual(
      reports.map(({ failure, afterwards }) => [failure, afterwards]),
      [
        [undefined, []],
        [undefined, []],
      ],
    );
    assert.equal(stand.events.filter(({ type }) => type === 'snapshot-removed').length, 4);
    assert.equal(stand.events.filter(({ type }) => type === 'leftover-removed').length, 0);
    assert.deepEqual(snapshotsIn(btrfs.top), []);
  });

  it('may be of what a hook mounts, which another one unmounts', async () => {
    const { image, top } = btrfs;
    run('umount', top);
    const hooks: HooksPlan = {
      before: [shell(`mount -o loop ${image} ${top}`)],
      after: [],
      onError: [],
      always: [shell(`umount ${top}`)],
    };
    const report = await start(backupPlan(stand.root, [groupOf('nothing')], { hooks }));
    run('mount', '-o', 'loop', image, top);
    assert.deepEqual([report.failure, report.afterwards], [undefined, []]);
    assert.deepEqual(snapshotsIn(top), []);
  });
});
