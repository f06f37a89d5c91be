/** What becomes of the config of a client, and whom one that is wrong concerns: doc/clients.md. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, suite, test } from 'node:test';
import { ConfigErrors } from '../../../src/config/read/diagnostics.js';
import { unlessRoot } from '../../rig/rights.js';
import { backupOf, codesOf, good, group, HOST, hand, load, makeHost, object } from './host.js';

let root: string;
beforeEach(() => {
  root = makeHost();
});

suite('the config of a client', () => {
  test('is a backup of its own, with the root, the rotation and the default hooks of the host', async () => {
    const plan = await load(root);
    const { sink, client, groups, maxAge } = backupOf(plan, 'web1');
    assert.equal(client?.state, 'present');
    assert.equal(sink.type === 'localfs' && sink.root, join(root, 'copies/web1'));
    assert.equal(sink.type === 'localfs' && sink.retention.keep?.daily, 14);
    assert.equal(maxAge?.ms, 26 * 3_600_000);
    const [only] = groups;
    assert.deepEqual(
      [only?.id, only?.hooks.before.map(({ id }) => id), only?.objects.map(({ path }) => path)],
      ['default', ['sync-guest'], ['all.sql.zst']],
    );
    const all = plan.tasks.get('all');
    assert.deepEqual(all?.type === 'routine' && all.steps, [{ type: 'task', taskId: 'web1' }]);
    assert.equal(plan.clients, join(root, 'clients.d'));
  });
  test('may give a group a hook of its own, a snapshot that the host allows, and a freeze', async () => {
    const element = {
      type: 'exec-append',
      'exec-id': 'in-guest',
      argv: ['flush', { run: 'host' }],
    };
    const { groups, client } = await hand(
      root,
      group({
        before: [element],
        snapshot: {
          subvolume: '/srv/guests/web1',
          type: 'btrfs',
          freeze: { freeze: [element], thaw: [element] },
        },
      }),
    );
    assert.deepEqual(client?.problems, []);
    assert.deepEqual(
      groups[0]?.hooks.before.map(({ id }) => id),
      ['in-guest'],
    );
    assert.equal(groups[0]?.snapshot?.source.type, 'btrfs');
  });
  test('may say what its host runs when it is restored', async () => {
    const boot = {
      type: 'exec-append',
      'exec-id': 'in-guest',
      argv: ['systemctl', 'start', 'app'],
    };
    const { client, recovery } = await hand(root, good({ 'post-recovery': [boot] }));
    assert.deepEqual(client?.problems, []);
    assert.equal(recovery.post[0]?.id, 'in-guest');
  });
  test('of one that is allowed more may have more, and no other', async () => {
    const text = object({ type: 'exec', 'exec-id': 'db1-only' });
    assert.deepEqual(codesOf(await hand(root, text, 'db1')), []);
    assert.deepEqual(codesOf(await hand(root, text)), ['CONFIG_NOT_ALLOWED']);
    for (const name of ['constructor', 'hasOwnProperty', 'toString'])
      assert.deepEqual(codesOf(await hand(root, text, name)), ['CONFIG_NOT_ALLOWED'], name);
  });
  test('that says that it is absent has copies, and no run', async () => {
    const { client, groups, sink } = await hand(root, { absent: true });
    assert.equal(client?.state, 'absent');
    assert.deepEqual(groups, []);
    assert.equal(sink.type, 'localfs');
    const all = (await load(root)).tasks.get('all');
    assert.deepEqual(all?.type === 'routine' && all.steps, []);
  });
});

suite('a file of a client that is not to be believed', { skip: unlessRoot }, () => {
  const OTHER = 12_345;
  const place = (): string => join(root, 'clients.d/web1.jsonc');
  const cases: readonly (readonly [string, () => void, RegExp])[] = [
    ['others may write it', () => chmodSync(place(), 0o666), /has the mode 666/],
    ['it belongs to somebody else', () => chownSync(place(), OTHER, OTHER), /the user 12345/],
    ['it is a link', () => replaceBy((at) => symlinkSync(join(root, 'x'), at)), /a symbolic link/],
    ['it has a second name', () => linkSync(place(), join(root, 'x')), /has a second name/],
    ['it is a directory', () => replaceBy((at) => mkdirSync(at)), /is not a regular file/],
  ];
  function replaceBy(make: (at: string) => void): void {
    writeFileSync(join(root, 'x'), good());
    unlinkSync(place());
    make(place());
  }
  for (const [what, spoil, why] of cases)
    test(what, async () => {
      spoil();
      const { client, groups } = backupOf(await load(root), 'web1');
      assert.deepEqual(groups, []);
      assert.match(client?.problems[0]?.message ?? '', why);
    });
  test('but the owner of the directory may hand it in', async () => {
    chownSync(join(root, 'clients.d'), OTHER, OTHER);
    chownSync(place(), OTHER, OTHER);
    assert.equal(backupOf(await load(root), 'web1').client?.state, 'present');
  });
  test('nobody else may write to the directory, and its owner not to what is above it', async () => {
    for (const spoil of [
      () => chmodSync(join(root, 'clients.d'), 0o775),
      () => chownSync(root, OTHER, OTHER),
    ]) {
      spoil();
      const error: unknown = await load(root).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof ConfigErrors);
      assert.equal(error.code, 'CONFIG_WRITABLE');
    }
  });
});

suite('a name of a client', () => {
  test('that is a task of the host hides nothing of that', async () => {
    writeFileSync(join(root, 'clients.d/own.jsonc'), good());
    const plan = await load(root);
    assert.equal(backupOf(plan, 'own').client, undefined);
    const refused = backupOf(plan, join(root, 'clients.d/own.jsonc'));
    assert.deepEqual(codesOf(refused), ['CONFIG_DUPLICATE']);
    assert.equal(refused.sink.type, 'null');
    const all = plan.tasks.get('all');
    assert.equal(all?.type === 'routine' && all.steps.length, 2, 'it is a step that fails');
  });
  test('is a name', async () => {
    const names = ['-oProxyCommand=x', 'a b', 'ü', 'a'.repeat(65), '_x', 'a\nb'];
    for (const name of names) writeFileSync(join(root, 'clients.d', `${name}.jsonc`), good());
    const { tasks } = await load(root);
    const wrong = [...tasks.values()].filter(
      (task) => task.type === 'backup' && task.client?.state === 'wrong',
    );
    assert.deepEqual(
      wrong.map(({ id }) => id).toSorted(),
      names.map((name) => join(root, 'clients.d', `${name}.jsonc`)).toSorted(),
    );
  });
});

suite('what the host says of its clients', () => {
  const cases: readonly (readonly [string, object, RegExp])[] = [
    ['a task that is wrong', { task: { backend: 'tape' } }, /tape/],
    ['a root that is missing', { task: { backend: 'localfs', 'backend-param': {} } }, /root/],
    ['an exec that there is not', { allow: { execs: ['zst'] } }, /no exec "zst"/],
    ['a directory that there is not', { directory: 'nowhere' }, /cannot be read/],
    [
      'a default hook that is wrong',
      { group: { before: [{ type: 'exec', 'exec-id': 'x' }] } },
      /"x"/,
    ],
  ];
  for (const [what, more, message] of cases)
    test(`is checked: ${what}`, async () => {
      const host = { ...HOST, clients: { ...HOST.clients, ...more } };
      writeFileSync(join(root, 'palhm.jsonc'), JSON.stringify(host));
      const error: unknown = await load(root).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof ConfigErrors, 'it loads');
      assert.match(error.message, message);
      assert.equal(error.diagnostics.length, 1, JSON.stringify(error.diagnostics));
    });
});
