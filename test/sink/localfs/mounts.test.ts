/** What has something mounted in it is neither moved nor removed from a root. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import type { Event } from '../../../src/events/events.js';
import { createSink } from '../../../src/sink/registry.js';
import type { Sink } from '../../../src/sink/sink.js';
import { whileMounted } from '../../rig/mounts.js';
import { makeScratch } from '../../rig/scratch.js';
import { contextOf, localfsPlan, makeCopy, prefixAt } from '../../rig/sinks.js';

let base: string;
let root: string;
let live: string;
let sink: Sink;
let events: Event[];
beforeEach(async () => {
  base = makeScratch();
  root = join(base, 'root');
  live = join(base, 'live');
  await mkdir(root);
  await mkdir(live);
  await writeFile(join(live, 'precious'), 'precious');
  events = [];
  // The table of mounts has no symbolic links: a root may be one.
  await symlink(root, join(base, 'link'));
  const emit = (event: Event): void => void events.push(event);
  sink = await createSink(localfsPlan(join(base, 'link')), contextOf({ emit }));
});
afterEach(() => rm(base, { recursive: true }));

it('a copy that something is mounted in stays, whole and under its name', async (context) => {
  await makeCopy(sink, prefixAt(0));
  const [copy] = (await sink.list()).copies;
  assert.ok(copy);
  const at = join(root, prefixAt(0).name, 'o');
  await whileMounted(context, [['--bind', join(live, 'precious')], at], async () => {
    const message = `something is mounted in ${join(base, 'link', prefixAt(0).name)}, which was left alone: ${at}`;
    await assert.rejects(sink.remove(copy), { code: 'SINK_UNAVAILABLE', message });
    assert.deepEqual(await readdir(root), [prefixAt(0).name]);
  });
  await sink.remove(copy);
  assert.deepEqual(await readdir(root), []);
});

it('a copy stays, too, when something is mounted in it by another path', async (context) => {
  await makeCopy(sink, prefixAt(0));
  const [copy] = (await sink.list()).copies;
  assert.ok(copy);
  const other = join(base, 'other');
  await mkdir(other);
  await whileMounted(context, [['--bind', '--make-private', root], other], async () => {
    const at = join(other, prefixAt(0).name, 'o');
    await whileMounted(context, [['--bind', join(live, 'precious')], at], async () => {
      await assert.rejects(sink.remove(copy), ({ message }) => message.endsWith(`alone: ${at}`));
      assert.deepEqual(await readdir(root), [prefixAt(0).name]);
    });
  });
  await sink.remove(copy);
});

for (const name of ['.palhm-partial.dead', '.palhm-trash.dead']) {
  it(`${name} of a dead run that something is mounted in stays, with a warning`, async (context) => {
    const at = join(root, name, 'a/b');
    await mkdir(at, { recursive: true });
    await whileMounted(context, [['--bind', live], at], async () => {
      assert.deepEqual(await sink.tidy(), []);
      assert.deepEqual(await readdir(root), [name]);
      assert.equal(await readFile(join(live, 'precious'), 'utf8'), 'precious');
      assert.match(JSON.stringify(events), /cannot be removed.*something is mounted in/);
    });
    assert.equal((await sink.tidy()).length, 1);
  });
}

it('a copy that is rolled back stays in part when something is mounted in it', async (context) => {
  const copy = await sink.open(prefixAt(0), { id: 'mounted' });
  const at = join(root, '.palhm-partial.mounted', 'a');
  await mkdir(at);
  await whileMounted(context, [['--bind', live], at], async () => {
    await assert.rejects(copy.abort(), /something is mounted in/);
    assert.equal(await readFile(join(live, 'precious'), 'utf8'), 'precious');
  });
});
