import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { showConfig } from '../../src/config/origins.js';
import { renderAllTasks } from '../../src/report/plan/plan.js';
import { factsOf } from '../../src/sink/registry.js';
import { encodePlan } from '../../src/wire/plan.js';
import { loadFile, loadText } from '../rig/load.js';
import { makeTree } from '../rig/scratch.js';

const MAIN = resolve('test/fixtures/config/valid/include/palhm.jsonc');

const showFile = (path: string) => showConfig({ type: 'file', path });

test('show prints the merged config with where each part is from', async () => {
  const from = 'test/fixtures/config/valid/include';
  assert.equal(
    await showFile(MAIN),
    `{
  "execs": [
    // from ${from}/shared/both.jsonc:1
    { "id": "from-both", "argv": ["both"], "cwd": "data" },
    // from ${from}/conf.d/10-b.jsonc:1
    { "id": "from-10", "argv": ["ten"] }
  ],
  // from ${from}/palhm.jsonc:5
  "vl": 4,
  // from ${from}/conf.d/20-a.jsonc:1
  "nb-workers": 20,
  // from ${from}/palhm.jsonc:9
  "boot-report": { "mua": "mailx", "mail-to": ["root", "admin"], "uptime": true, "subject": "twenty" },
  // from ${from}/palhm.jsonc:4
  "modules": ["aws"],
  "tasks": [
    // from ${from}/palhm.jsonc:7
    { "id": "default", "type": "routine", "routine": [{ "type": "exec", "exec-id": "from-both" }] }
  ]
}
`,
  );
});

test('what show prints is a config that means the same', async () => {
  const all = resolve('test/fixtures/config/valid/all/palhm.jsonc');
  const [before, after] = await Promise.all([loadFile(all), loadText(await showFile(all))]);
  const ids = (plan: typeof before) => [...plan.tasks.keys()];
  assert.deepEqual([after.workers, ids(after)], [before.workers, ids(before)]);
});

test('show never resolves a reference', async () => {
  const root = makeTree({
    secret: 'hunter2',
    'palhm.jsonc': '{"execs": [{"id": "a", "argv": ["a"], "env": {"P": {"file": "secret"}}}]}',
  });
  const shown = await showFile(join(root, 'palhm.jsonc'));
  assert.ok(!shown.includes('hunter2'));
  assert.ok(shown.includes('{ "file": "secret" }'));
});

test('show and the plan hide the same literals: those of env, the keys of a store, users of addresses', async () => {
  const credentials = {
    'access-key-id': 'AKIA',
    'secret-access-key': 'hunter2',
    'session-token': { concat: ['hunter3', { env: 'T' }] },
  };
  const exec = (id: string, secret: string) => ({
    id,
    argv: [id, 'shown', 'mysql://user:hunter7@host/shop', '--uri=https://hunter8@host'],
    env: { MYSQL_PWD: secret, URL: { concat: ['x://', { env: 'DB' }, secret] } },
  });
  const config = {
    execs: [{ ...exec('a', 'hunter4'), inverse: { argv: ['b'], env: { P: 'hunter5' } } }],
    tasks: [
      {
        id: 'backup',
        type: 'backup',
        backend: 'aws-s3',
        'backend-param': { bucket: 'b', root: 'r', credentials },
        objects: [
          {
            path: 'o',
            pipeline: [
              { type: 'exec-inline', argv: ['c', 'x://a:hunter9@b'], env: { Q: 'hunter6' } },
            ],
          },
        ],
      },
    ],
  };
  const text = JSON.stringify(config);
  const source = { type: 'text', text, name: 'request', directory: '/etc' } as const;
  const shown = await showConfig(source);
  assert.doesNotMatch(shown, /hunter/);
  for (const part of [
    '"access-key-id": "AKIA"',
    '"secret-access-key": "…"',
    '"concat": ["…", { "env": "T" }]',
    '"MYSQL_PWD": "…"',
    '"concat": ["…", { "env": "DB" }, "…"]',
    '"mysql://…@host/shop"',
    '"--uri=https://…@host"',
  ])
    assert.ok(shown.includes(part), part);
  const plan = await loadText(text);
  assert.doesNotMatch(renderAllTasks(plan), /hunter/);
  assert.doesNotMatch(JSON.stringify(encodePlan(plan, 'backup', factsOf)), /hunter/);
});

test('show prints a config that is right but cannot be carried out', async () => {
  assert.match(await showFile(resolve('samples/aws-s3-locked.jsonc')), /"backend": "aws-s3"/);
});

test('show takes a text and names it', async () => {
  const text = '{ "vl": 2 }';
  const shown = await showConfig({ type: 'text', text, name: 'request', directory: '/etc' });
  assert.equal(shown, '{\n  // from request:1\n  "vl": 2\n}\n');
});
