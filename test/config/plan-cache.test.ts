import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadPlan } from '../../src/config/load.js';
import type { Plan } from '../../src/config/plan/plan.js';
import { createPlanCache, type PlanCache } from '../../src/config/plan-cache.js';
import { loadShippedPlan } from '../../src/config/shipped.js';
import { makeTree } from '../rig/scratch.js';

/** A clock on which every file that a test writes is older than the granularity of timestamps. */
const later = () => Date.now() + 10_000;

interface Site {
  readonly root: string;
  readonly load: () => Promise<Plan>;
  readonly write: (name: string, text: string) => Promise<void>;
}

async function openSite(files: Readonly<Record<string, string>>, clock = later): Promise<Site> {
  const root = makeTree(files);
  const cache = createPlanCache(clock);
  const path = join(root, 'palhm.jsonc');
  return {
    root,
    load: () => loadPlan({ type: 'file', path }, cache),
    write: (name, text) => writeFile(join(root, name), text),
  };
}

test('the same Plan is given while nothing changes', async () => {
  const { load } = await openSite({
    'palhm.jsonc': '{ "include": ["a.jsonc", "conf.d/*.jsonc", "nowhere/*.jsonc"] }',
    'a.jsonc': '{}',
    'conf.d/b.jsonc': '{}',
  });
  const first = await load();
  assert.equal(await load(), first);
  assert.equal(await load(), first);
});

/** Epoch seconds. */
const OLD = 1_000_000_000;

const TREE = {
  'palhm.jsonc': '{ "include": ["a.jsonc", "conf.d/*.jsonc", "*/site.jsonc", "late/*.jsonc"] }',
  'a.jsonc': '{ "vl": 1 }',
  'conf.d/b.jsonc': '{ "nb-workers": 1 }',
  'other/x': '',
};

const CHANGES: Readonly<Record<string, (site: Site) => Promise<void>>> = {
  'the file itself changed': ({ write }) => write('palhm.jsonc', '{ "vl": 5 }'),
  'an included file changed': ({ write }) => write('a.jsonc', '{ "vl": 5 }'),
  'an included file changed, but neither its size nor its mtime': async ({ root, write }) => {
    await write('a.jsonc', '{ "vl": 5 }');
    await utimes(join(root, 'a.jsonc'), OLD, OLD);
  },
  'a file that a glob matched changed': ({ write }) => write('conf.d/b.jsonc', '{ "vl": 5 }'),
  'a glob matches a new file': ({ write }) => write('conf.d/c.jsonc', '{ "vl": 5 }'),
  'a glob matches a file no more': ({ root }) => unlink(join(root, 'conf.d/b.jsonc')),
  'a plain name below a glob is there now': ({ write }) => write('other/site.jsonc', '{"vl": 5}'),
  'a directory of a glob is there now': async ({ root, write }) => {
    await mkdir(join(root, 'late'));
    await write('late/z.jsonc', '{ "vl": 5 }');
  },
  'another file took the place of an included one': async ({ root, write }) => {
    await write('new', '{ "vl": 5 }');
    await rename(join(root, 'new'), join(root, 'a.jsonc'));
  },
  'an included file became a symlink': async ({ root, write }) => {
    await write('target', '{ "vl": 5 }');
    await unlink(join(root, 'a.jsonc'));
    await symlink('target', join(root, 'a.jsonc'));
  },
};

for (const [name, change] of Object.entries(CHANGES)) {
  test(`a config is read anew when ${name}`, async () => {
    const site = await openSite(TREE);
    await utimes(join(site.root, 'a.jsonc'), OLD, OLD);
    const before = await site.load();
    assert.equal(await site.load(), before);
    await change(site);
    const after = await site.load();
    assert.notEqual(after, before);
    assert.notDeepEqual(
      [after.files, after.verbosity, after.workers],
      [before.files, before.verbosity, before.workers],
    );
    assert.equal(await site.load(), after);
  });
}

test('a second name of an included file is looked at as well', async () => {
  const site = await openSite({
    'palhm.jsonc': '{ "include": ["a.jsonc", "b.jsonc"] }',
    'a.jsonc': '{ "vl": 1 }',
    'c.jsonc': '{ "vl": 5 }',
  });
  const link = join(site.root, 'b.jsonc');
  await symlink('a.jsonc', link);
  assert.equal((await site.load()).verbosity, 1);
  await unlink(link);
  await symlink('c.jsonc', link);
  assert.equal((await site.load()).verbosity, 5);
});

test('a file that has just changed is not relied on', async () => {
  let now = Date.now();
  const site = await openSite({ 'palhm.jsonc': '{}' }, () => now);
  const first = await site.load();
  const second = await site.load();
  assert.notEqual(second, first);
  now += 10_000;
  const third = await site.load();
  assert.notEqual(third, second);
  assert.equal(await site.load(), third);
});

test('loads at the same time share one read, and the next looks again', async () => {
  const { load, write } = await openSite({ 'palhm.jsonc': '{ "vl": 1 }' }, Date.now);
  const [one, two, three] = await Promise.all([load(), load(), load()]);
  assert.equal(one, two);
  assert.equal(two, three);
  await write('palhm.jsonc', '{ "vl": 2 }');
  assert.equal((await load()).verbosity, 2);
});

test('a config with errors is not kept', async () => {
  const { root, load, write } = await openSite({ 'palhm.jsonc': '{ "include": ["a.jsonc"] }' });
  const failed = await Promise.allSettled([load(), load()]);
  assert.deepEqual(
    failed.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  await write('a.jsonc', '{ "vl": 2 }');
  const plan = await load();
  assert.equal(plan.verbosity, 2);
  assert.equal(await load(), plan);
  await rm(join(root, 'a.jsonc'));
  await assert.rejects(load(), { code: 'CONFIG_NOT_FOUND' });
  await write('a.jsonc', '{ "vl": 3 }');
  assert.equal((await load()).verbosity, 3);
});

test('a text is kept with what it includes, one for each name', async () => {
  const directory = makeTree({ 'a.jsonc': '{ "vl": 1 }' });
  const cache = createPlanCache(later);
  const load = (name: string, vl: number) => {
    const text = `{ "include": ["a.jsonc"], "nb-workers": ${vl} }`;
    return loadPlan({ type: 'text', text, name, directory }, cache);
  };
  const first = await load('x', 1);
  assert.equal(await load('x', 1), first);
  assert.equal((await load('y', 1)).files[0], 'y');
  assert.equal((await load('x', 2)).workers, 2);
  assert.notEqual(await load('x', 1), first);
  await writeFile(join(directory, 'a.jsonc'), '{ "vl": 4 }');
  assert.equal((await load('x', 1)).verbosity, 4);
});

test('two caches know nothing of each other', async () => {
  const path = join(makeTree({ 'palhm.jsonc': '{}' }), 'palhm.jsonc');
  const load = (cache: PlanCache) => loadPlan({ type: 'file', path }, cache);
  assert.notEqual(await load(createPlanCache(later)), await load(createPlanCache(later)));
});

test('the shipped config is loaded once with a cache', async () => {
  const cache = createPlanCache(later);
  assert.equal(await loadShippedPlan(cache), await loadShippedPlan(cache));
});
