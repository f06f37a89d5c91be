/** The trust rule, doc/clients.md: what the config of a client may not have. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { beforeEach, suite, test } from 'node:test';
import { codesOf, GUESTS, good, group, hand, inline, makeHost, object } from './host.js';

let root: string;
beforeEach(() => {
  root = makeHost();
});

const run = { type: 'exec', 'exec-id': 'zstd' };
const append = (argv: unknown, more = {}) =>
  object({ type: 'exec-append', 'exec-id': 'in-guest', argv, ...more });
const snapshot = (more: object) => group({ snapshot: { type: 'btrfs', ...more } });

/** Each tries to get at what is the host's, or another client's. */
const ESCAPES: readonly (readonly [string, string | object])[] = [
  ['a program of its own', object(inline('sh', '-c', 'id'))],
  ['an exec of the host that is not allowed', object({ type: 'exec', 'exec-id': 'wipe' })],
  ['an exec that another client may run', object({ type: 'exec', 'exec-id': 'db1-only' })],
  [
    'arguments for an exec that takes none',
    object({ type: 'exec-append', 'exec-id': 'zstd', argv: ['--output-dir-flat=/etc'] }),
  ],
  ['an element of a type that comes later', object({ type: 'exec-shell', 'exec-id': 'zstd' })],
  ['an element without a type', object({ 'exec-id': 'zstd' })],
  ['a task as a stage', object({ type: 'task', 'task-id': 'own' })],
  ['an inverse, which a restore would run', object({ ...run, inverse: { argv: ['sh'] } })],
  ['a timeout', object({ ...run, timeout: '999w' })],
  ['a place where the stage runs', object({ ...run, in: 'host' })],
  ['a file of the host', append([{ file: '/etc/shadow' }])],
  ['a file within a concat', append([{ concat: ['x', { concat: [{ file: '/etc/shadow' }] }] }])],
  ['a credential', append([{ credential: 'db' }])],
  ['what reads as a credential in a manifest', append(['key=${credential:db}'])],
  ['the same in parts', append([{ concat: ['${fi', { concat: ['le:', '/etc/shadow'] }, '}'] }])],
  ['a variable of the host', append([{ env: 'AWS_SECRET_ACCESS_KEY', secret: false }])],
  ['variables for its stage', append(['x'], { env: { LD_PRELOAD: '/tmp/x.so' } })],
  ['a user', object({ ...run, user: 'root' })],
  ['a restore by a program of its own', object(run, { restore: [inline('sh')] })],
  ['a hook of an object', object(run, { before: [inline('sh')] })],
  ['a hook of a group', group({ always: [inline('sh')] })],
  ['a hook of the task', good({ before: [run] })],
  ['a program around a restore', good({ 'post-recovery': [inline('sh')] })],
  [
    'a program of its own by chroot',
    good({ 'end-recovery': [{ type: 'exec', 'exec-id': 'zstd' }] }),
  ],
  ['a freeze of a group', group({ freeze: { hold: run, max: '99w' } })],
  ['execs', good({ execs: [{ id: 'zstd', argv: ['sh'] }] })],
  ['an include', good({ include: ['/etc/palhm/secret.jsonc'] })],
  ['tasks', good({ tasks: [] })],
  ['clients of its own', good({ clients: {} })],
  ['a root', good({ 'backend-param': { root: '/' } })],
  ['a backend', good({ backend: 'null' })],
  ['another id', good({ id: 'own' })],
  ['a key that no schema knows', good({ futureKey: 1 })],
  ['__proto__', `{ "__proto__": { "backend": "null" }, ${good().slice(1)}`],
  ['an age after which nobody worries', good({ 'max-age': '99w' })],
  ['a signature', good({ sign: { key: { file: '/etc/shadow' } } })],
  ['a drill, which runs programs', good({ drill: { restore: [] } })],
  ['reserved space', object(run, { 'alloc-size': '900 TiB' })],
  ['the volume of another', snapshot({ subvolume: '/srv/guests/db1' })],
  ['a volume by way of ..', snapshot({ subvolume: '/srv/guests/web1/../db1' })],
  ['a volume of the host', snapshot({ subvolume: '/' })],
  [
    'another directory for its snapshot',
    snapshot({ subvolume: '/srv/guests/web1', directory: '/' }),
  ],
  ['no volume', snapshot({})],
  ['a volume as a reference', snapshot({ subvolume: GUESTS })],
  [
    'a freeze by a program of its own',
    snapshot({ subvolume: '/srv/guests/web1', freeze: { hold: inline('sh') } }),
  ],
  [
    'a freeze without end',
    snapshot({ subvolume: '/srv/guests/web1', freeze: { hold: run, max: '99w' } }),
  ],
  [
    'a program when its snapshot is there',
    snapshot({ subvolume: '/srv/guests/web1', 'after-snapshot': [inline('sh')] }),
  ],
];

/** Each is refused, too, by what holds for every config. */
const MISTAKES: readonly (readonly [string, string | object, string])[] = [
  [
    'a key twice, of which the first is harmless',
    `{ "objects": [], ${good().slice(1)}`,
    'CONFIG_DUPLICATE',
  ],
  [
    'a key twice within an element',
    JSON.stringify(object(run)).replace('"zstd"', '"zstd", "exec-id": "wipe"'),
    'CONFIG_DUPLICATE',
  ],
  ['hooks that are no list', group({ before: inline('sh') }), 'CONFIG_VALUE'],
  ['a pipeline that is an element', { objects: [{ path: 'o', pipeline: run }] }, 'CONFIG_VALUE'],
  ['a path out of its copy', object(run, { path: '../db1/o' }), 'CONFIG_PATH'],
  ['an absolute path', object(run, { path: '/etc/cron.d/x' }), 'CONFIG_PATH'],
  ['a name that is no text', '{ "objects": [{ "path": "\\ud800" }] }', 'CONFIG_VALUE'],
  ['no JSON', '{ "objects": [', 'CONFIG_SYNTAX'],
  ['nothing', '', 'CONFIG_SYNTAX'],
  ['no object', '[]', 'CONFIG_VALUE'],
  ['no objects', '{}', 'CONFIG_MISSING_KEY'],
  ['absent, and not', good({ absent: true }), 'CONFIG_VALUE'],
  ['not absent', { absent: false }, 'CONFIG_VALUE'],
  ['too much', `${good()}${' '.repeat(64 * 1024)}`, 'CONFIG_NOT_FOUND'],
  ['nested without end', `{ "objects": ${'['.repeat(20_000)}`, 'CONFIG_VALUE'],
  ['a scratch directory', append([{ run: 'directory' }]), 'CONFIG_VALUE'],
];

suite('a client may not have', () => {
  for (const [what, text, code = 'CONFIG_NOT_ALLOWED'] of [
    ...ESCAPES.map(([name, one]) => [name, one] as const),
    ...MISTAKES,
  ] as readonly (readonly [string, string | object, string?])[])
    test(what, async () => {
      const backup = await hand(root, text);
      assert.ok(codesOf(backup).includes(code), JSON.stringify(backup.client?.problems));
      assert.equal(backup.client?.state, 'wrong');
      assert.deepEqual(backup.groups, [], 'nothing of it is run');
      assert.equal(backup.sink.type === 'localfs' && backup.sink.root, join(root, 'copies/web1'));
    });
});
