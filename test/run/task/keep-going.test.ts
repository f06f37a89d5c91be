/** What a routine that keeps going does with a task whose own check fails: programs and places that this host does not have. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { callPalhm, type Ended } from '../../rig/palhm.js';
import { makeSite, type Site } from '../../rig/site.js';

let site: Site;
beforeEach(() => {
  site = makeSite();
});
afterEach(() => site.remove());

const ABSENT = '/nonexistent/dump';

/** Runs the routine `all` of these steps, with the backups `bad`, whose programs are not there, and `good`. */
async function runAll(keepGoing: boolean, steps: readonly string[]): Promise<Ended> {
  const backup = (id: string, ...programs: string[]) => ({
    id,
    type: 'backup',
    backend: 'localfs',
    'backend-param': { root: rootOf(id) },
    objects: programs.map((program) => ({
      path: program.slice(1),
      pipeline: [{ type: 'exec-inline', argv: [program] }],
    })),
  });
  const routine = (id: string, ids: readonly string[], more = {}) => ({
    id,
    type: 'routine',
    routine: ids.map((one) => ({ type: 'task', 'task-id': one })),
    ...more,
  });
  const tasks = [
    routine('all', steps, { 'keep-going': keepGoing }),
    routine('both', ['good', 'bad']),
    backup('bad', ABSENT, `${ABSENT}2`),
    backup('good', '/bin/true'),
  ];
  writeFileSync(site.config, JSON.stringify({ tasks }));
  return await callPalhm(['-f', site.config, 'run', 'all']);
}

function rootOf(id: string): string {
  return join(site.directory, id);
}

function copiesOf(id: string): number {
  const names = existsSync(rootOf(id)) ? readdirSync(rootOf(id)) : [];
  return names.filter((name) => !name.startsWith('.')).length;
}

suite('a task whose check fails, in a routine that keeps going', () => {
  test('has failed with 78 and all of its problems, and the others run', async () => {
    const { code, stderr } = await runAll(true, ['bad', 'good']);
    assert.equal(code, 78, stderr);
    assert.equal(copiesOf('good'), 1);
    for (const program of [ABSENT, `${ABSENT}2`])
      assert.match(stderr, new RegExp(`There is no program ${program}\\.`));
    assert.match(stderr, /2 problems\. Task "bad" was not run\./);
    assert.equal(existsSync(rootOf('bad')), false);
  });
  test('is looked at together with what its own step needs, before that begins', async () => {
    const { code, stderr } = await runAll(true, ['both', 'good']);
    assert.equal(code, 78, stderr);
    assert.equal(copiesOf('good'), 1, 'the routine "both" has begun');
  });
  test('ends a routine that does not keep going before its first step', async () => {
    const { code, stderr } = await runAll(false, ['good', 'bad']);
    assert.equal(code, 78, stderr);
    assert.equal(copiesOf('good'), 0);
  });
  test('is found by a check of the config', async () => {
    await runAll(true, ['bad', 'good']);
    const { code, stderr } = await callPalhm(['-f', site.config, 'config', 'check']);
    assert.equal(code, 78);
    assert.match(stderr, /2 problems\. Nothing was run\./);
  });
});
