import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderProblems } from '../../src/config/read/render-diagnostics.js';
import { findMissingExecutables } from '../../src/exec/needs.js';
import { loadFile } from '../rig/load.js';
import { makeScratch } from '../rig/scratch.js';

interface Rig {
  readonly root: string;
  readonly check: (...tasks: string[]) => Promise<string>;
}

/** A config with one routine "a" with these steps, in a directory with an executable and a plain file. */
async function makeRig(steps: string, more = ''): Promise<Rig> {
  const root = makeScratch();
  await mkdir(join(root, 'bin'));
  for (const name of ['here', 'plain']) await writeFile(join(root, 'bin', name), '#!/bin/sh\n');
  await chmod(join(root, 'bin/here'), 0o755);
  await chmod(join(root, 'bin/plain'), 0o644);
  const text = `{ ${more}
"tasks": [
  { "id": "a", "type": "routine", "routine": [
${steps}
  ] },
  { "id": "b", "type": "routine", "routine": [{ "type": "task", "task-id": "a" }] },
  { "id": "c", "type": "routine", "routine": [] },
] }`;
  const file = join(root, 'palhm.jsonc');
  await writeFile(file, text.replaceAll('ROOT', root));
  const plan = await loadFile(file);
  const check = async (...tasks: string[]) =>
    renderProblems(
      {
        diagnostics: await findMissingExecutables(plan, tasks, { inherited: process.env }),
        left: 'Nothing was run',
      },
      root,
    ).replaceAll(root, 'ROOT');
  return { root, check };
}

const NOTHING = '0 problems. Nothing was run.';
const inline = (fields: string) => `{ "type": "exec-inline", ${fields} },`;

test('a program that is not in PATH is shown where it is named', async () => {
  const { check } = await makeRig(
    inline('"argv": ["nowhere", "x"], "env": { "PATH": "/a:ROOT/bin" }'),
  );
  assert.equal(
    await check('a'),
    `error CONFIG_EXECUTABLE  palhm.jsonc:4:35
  There is no program "nowhere" in PATH (/a:ROOT/bin). Install it, or give its full path.
    4 | { "type": "exec-inline", "argv": ["nowhere", "x"], "env": { "PATH": "/a:ROOT/bin" } },
      |                                   ~~~~~~~~~
1 problem. Nothing was run.`,
  );
});

test('tasks are followed, and what is not reached is not looked at', async () => {
  const { check } = await makeRig(inline('"argv": ["/nowhere/x"]'));
  assert.match(await check('b'), /There is no program \/nowhere\/x\. Install it/);
  assert.equal(await check('c'), NOTHING);
});

const FOUND: readonly [name: string, fields: string][] = [
  ['in its own PATH', '"argv": ["here"], "env": { "PATH": "/nowhere:ROOT/bin" }'],
  ['in the PATH of palhm', '"argv": ["sh"]'],
  ['by its full path', '"argv": ["ROOT/bin/here"]'],
  ['relative to its cwd', '"argv": ["./here"], "cwd": "ROOT/bin"'],
  ['in a relative directory of PATH', '"argv": ["here"], "cwd": "ROOT", "env": { "PATH": "bin" }'],
  ['in the empty directory of PATH', '"argv": ["here"], "cwd": "ROOT/bin", "env": { "PATH": "" }'],
  ['perhaps, when PATH is a reference', '"argv": ["what"], "env": { "PATH": { "env": "P" } }'],
  ['with a user that exists', '"argv": ["sh"], "user": "root"'],
  ['with a user that getent knows, by its number', '"argv": ["sh"], "user": "0"'],
];

for (const [name, fields] of FOUND) {
  test(`a program is found ${name}`, async () => {
    assert.equal(await (await makeRig(inline(fields))).check('a'), NOTHING);
  });
}

const MISSING: readonly [name: string, fields: string, message: RegExp][] = [
  [
    'that is not executable',
    '"argv": ["ROOT/bin/plain"]',
    /EXECUTABLE.*\n.*ROOT\/bin\/plain is not an executable file/,
  ],
  [
    'that is a directory',
    '"argv": ["ROOT/bin"]',
    /EXECUTABLE.*\n.*ROOT\/bin is not an executable file/,
  ],
  [
    'that is not executable in PATH',
    '"argv": ["plain"], "env": { "PATH": "ROOT/bin" }',
    /EXECUTABLE.*\n.*no program "plain"/,
  ],
  [
    'in a cwd that is none',
    '"argv": ["sh"], "cwd": "ROOT/none"',
    /CONFIG_VALUE.*\n.*directory ROOT\/none does not exist/,
  ],
  [
    'of a user that does not exist',
    '"argv": ["sh"], "user": "no-such-user"',
    /CONFIG_VALUE.*\n.*no user "no-such-user" on this host/,
  ],
];

for (const [name, fields, message] of MISSING) {
  test(`a program is refused ${name}`, async () => {
    const text = await (await makeRig(inline(fields))).check('a');
    assert.match(text, message);
    assert.match(text, /\n1 problem\. Nothing was run\.$/);
  });
}

test('a definition that is used often is told once, every place that names a program too', async () => {
  const steps = `${'{ "type": "exec", "exec-id": "x" },\n{ "type": "exec-append", "exec-id": "x" },\n'.repeat(3)}${inline('"argv": ["nowhere-1"]')}`;
  const { check } = await makeRig(steps, '"execs": [{ "id": "x", "argv": ["nowhere-1"] }],');
  const text = await check('a', 'b');
  assert.match(text, /palhm\.jsonc:1:35/);
  assert.match(text, /palhm\.jsonc:10:35/);
  assert.match(text, /\n2 problems\. Nothing was run\.$/);
});

const SCRIPTS: readonly (readonly [string, string, RegExp])[] = [
  [
    'whose lines end with CR LF',
    '#!/bin/sh\r\necho\r\n',
    /end with CR LF: .* "\/bin\/sh\\r", which/,
  ],
  [
    'that env would look up with a CR',
    '#!/usr/bin/env sh\r\n',
    /end with CR LF: .* "sh\\r", which/,
  ],
  [
    'with an argument and CR LF',
    '#! /nowhere/x -e\r\n',
    /There is no \/nowhere\/x, which .*script/,
  ],
  ['of an interpreter that is not there', '#!/nowhere/python\n', /no \/nowhere\/python, which/],
];

for (const [name, text, message] of SCRIPTS) {
  test(`a script is refused ${name}, in PATH as by its path`, async () => {
    const steps = [
      inline('"argv": ["ROOT/bin/script"]'),
      inline('"argv": ["script"], "env": { "PATH": "ROOT/bin" }'),
    ];
    const { root, check } = await makeRig(steps.join('\n'));
    await writeFile(join(root, 'bin/script'), text, { mode: 0o755 });
    const said = await check('a');
    assert.equal(said.split(message).length, 3, said);
    assert.match(said, /2 problems/);
  });
}

test('a script may have CR where it does no harm', async () => {
  const { root, check } = await makeRig(inline('"argv": ["ROOT/bin/script"]'));
  for (const text of ['#!/bin/sh\necho\r\n', '#!/usr/bin/env -S sh -e\r\n', '\x7fELF', '']) {
    await writeFile(join(root, 'bin/script'), text, { mode: 0o755 });
    assert.equal(await check('a'), NOTHING, JSON.stringify(text));
  }
});
