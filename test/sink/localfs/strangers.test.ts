/** What lies in a root and is not a copy of it: left alone, and said. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cp,
  lstat,
  mkdir,
  readdir,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { NO_RECORDS } from '../../../src/copy/records.js';
import type { Event } from '../../../src/events/events.js';
import { messageOf } from '../../../src/failure/failure.js';
import type { Lock } from '../../../src/host/file-lock.js';
import { createSink } from '../../../src/sink/registry.js';
import type { Sink } from '../../../src/sink/sink.js';
import { makeScratch } from '../../rig/scratch.js';
import {
  contextOf,
  listedNames,
  localfsPlan,
  lockNow,
  makeCopy,
  manifestOf,
  prefixAt,
  sinkOf,
  writeObject,
} from '../../rig/sinks.js';

let base: string;
let root: string;
let sink: Sink;
let lock: Lock;

before(async () => {
  base = makeScratch();
  root = join(base, 'root');
  sink = await sinkOf(localfsPlan(root));
  lock = await lockNow(sink);
  await makeCopy(sink, prefixAt(0));
});
after(async () => {
  await lock.release();
  await rm(base, { recursive: true });
});

async function plant(index: number, manifest: string | undefined): Promise<string> {
  const { name } = prefixAt(index);
  await cp(join(root, prefixAt(0).name), join(root, name), { recursive: true });
  const file = join(root, name, '.palhm-manifest.json');
  if (manifest === undefined) await rm(file);
  else await writeFile(file, manifest);
  return name;
}

/** Why the root's entry `name` is a stranger, after a listing and a sweep that must both leave everything as it was. */
async function whyStranger(name: string): Promise<string> {
  const found = await readdir(root, { recursive: true });
  assert.deepEqual(await sink.tidy(), []);
  const { strangers, copies } = await sink.list();
  assert.deepEqual((await readdir(root, { recursive: true })).sort(), found.sort());
  assert.ok(!copies.some(({ prefix }) => prefix.name === name));
  const stranger = strangers.find((candidate) => candidate.name === name);
  assert.ok(stranger, `${name} is not reported`);
  await rm(join(root, name), { recursive: true });
  return stranger.why;
}

it('a file, also one with the name of a copy', async () => {
  const { name } = prefixAt(10);
  await writeFile(join(root, name), 'x');
  assert.equal(await whyStranger(name), 'is not a directory');
});

it('a symbolic link to a copy', async () => {
  const { name } = prefixAt(11);
  await symlink(prefixAt(0).name, join(root, name));
  assert.equal(await whyStranger(name), 'is a symbolic link');
});

it('a directory with another name, also with a manifest in it', async () => {
  const name = await plant(12, '{}');
  await rename(join(root, name), join(root, 'lost+found'));
  assert.equal(await whyStranger('lost+found'), 'its name is not the prefix of a copy');
});

it('a copy under the name of another prefix', async () => {
  const { name } = prefixAt(13);
  await cp(join(root, prefixAt(0).name), join(root, name), { recursive: true });
  assert.equal(await whyStranger(name), `its manifest is that of copy ${prefixAt(0).name}`);
});

for (const [title, text] of [
  ['truncated', '{"format": 1, "ta'],
  ['empty', ''],
  ['of a newer format', '{"format": 2}'],
] as const) {
  it(`a copy whose manifest is ${title}`, async () => {
    assert.match(await whyStranger(await plant(14, text)), /^has a manifest that cannot be used: /);
  });
}

for (const [title, make] of [
  ['a symbolic link', (path: string) => symlink('/etc/passwd', path)],
  ['a directory', (path: string) => mkdir(path)],
] as const) {
  it(`a copy whose manifest is ${title}`, async () => {
    const name = await plant(15, undefined);
    await make(join(root, name, '.palhm-manifest.json'));
    assert.match(
      await whyStranger(name),
      /^has a manifest that cannot be used: .* is not a regular file$/,
    );
  });
}

it('a copy whose manifest is larger than any', async () => {
  const name = await plant(14, '');
  await truncate(join(root, name, '.palhm-manifest.json'), 3 * 1024 ** 3);
  assert.match(await whyStranger(name), /^has a manifest that cannot be used: .* has 3(\.0)? GiB/);
});

it('a link, a file and a directory that only look like leftovers of palhm', async () => {
  const target = join(base, 'elsewhere');
  await mkdir(target);
  await writeFile(join(target, 'precious'), 'x');
  await symlink(target, join(root, '.palhm-partial.link'));
  await symlink(target, join(root, '.palhm-trash.link'));
  await writeFile(join(root, '.palhm-partial.file'), 'x');
  await mkdir(join(root, '.palhm-partial.not an id'));
  for (const name of [
    '.palhm-partial.link',
    '.palhm-trash.link',
    '.palhm-partial.file',
    '.palhm-partial.not an id',
  ]) {
    assert.ok((await whyStranger(name)).length > 0);
  }
  assert.deepEqual(await readdir(target), ['precious']);
});

it('an empty directory with the name of a copy, also when there are directories in it', async () => {
  const { name } = prefixAt(21);
  await mkdir(join(root, name, 'deep', 'er'), { recursive: true });
  await symlink('/etc/passwd', join(root, name, 'deep', 'link'));
  assert.equal(await whyStranger(name), 'has no manifest and no file');
});

it('a copy in which a root was made after it was listed is not removed', async () => {
  await makeCopy(sink, prefixAt(22));
  const copy = (await sink.list()).copies.at(-1);
  assert.equal(copy?.prefix.name, prefixAt(22).name);
  const inner = await lockNow(await sinkOf(localfsPlan(join(root, prefixAt(22).name))));
  await inner.release();
  await assert.rejects(sink.remove(copy), {
    code: 'COPY_NOT_FOUND',
    message: `${join(root, prefixAt(22).name)} holds a root of its own (.palhm-lock): it was left alone`,
  });
  assert.match(await whyStranger(prefixAt(22).name), /^holds a root of its own/);
});

it('a copy of the original PALHM is a copy, measured by its files', async () => {
  const name = await plant(16, undefined);
  await mkdir(join(root, name, 'deep', 'er'), { recursive: true });
  await writeFile(join(root, name, 'deep', 'er', 'file'), 'x'.repeat(1000));
  await symlink('/', join(root, name, 'deep', 'link'));
  const { copies, strangers } = await sink.list();
  assert.deepEqual(strangers, []);
  const copy = copies.at(-1);
  assert.ok(copy);
  assert.deepEqual(copy, {
    prefix: prefixAt(16),
    size: 1004,
    objects: 2,
    started: undefined,
    finished: undefined,
    manifest: false,
    records: NO_RECORDS,
  });
  assert.equal(await sink.stored(copy.prefix).manifest(), undefined);
  await sink.remove(copy);
  assert.deepEqual(await listedNames(sink), [prefixAt(0).name]);
});

it('a copy that was replaced by a link after it was listed is not removed', async () => {
  await makeCopy(sink, prefixAt(17));
  const [, copy] = (await sink.list()).copies;
  assert.ok(copy);
  const path = join(root, prefixAt(17).name);
  await rename(path, join(base, 'moved'));
  await symlink(join(base, 'moved'), path);
  await assert.rejects(sink.remove(copy), { code: 'COPY_NOT_FOUND' });
  assert.ok((await lstat(path)).isSymbolicLink());
  assert.deepEqual((await readdir(join(base, 'moved'))).sort(), ['.palhm-manifest.json', 'o']);
  await rm(path);
});

it('an empty directory that appears under the name of the copy is not replaced', async () => {
  const copy = await sink.open(prefixAt(19), { id: 'replaced' });
  const target = join(root, prefixAt(19).name);
  await mkdir(target);
  const { ino } = await lstat(target);
  await assert.rejects(copy.commit(manifestOf(prefixAt(19), [])), /exists already/);
  assert.equal((await lstat(target)).ino, ino);
  await copy.abort();
  await rm(target, { recursive: true });
});

it('the rest of an interrupted removal is swept', async () => {
  await makeCopy(sink, prefixAt(18));
  await rename(join(root, prefixAt(18).name), join(root, '.palhm-trash.0123-abc'));
  assert.deepEqual(await listedNames(sink), [prefixAt(0).name]);
  const [leftover, ...others] = await sink.tidy();
  assert.match(leftover?.what ?? '', /a copy that was being removed/);
  assert.deepEqual(others, []);
  assert.deepEqual((await readdir(root)).sort(), ['.palhm-lock', prefixAt(0).name]);
});

it('the rest of a removal with a root of its own further down is not swept, and said', async () => {
  const inner = join(root, prefixAt(50).name, 'deep');
  await mkdir(inner, { recursive: true });
  await writeFile(join(inner, '.palhm-lock'), '');
  const note = join(root, `.palhm-removing.${prefixAt(50).name}`);
  await writeFile(note, '');
  const events: Event[] = [];
  const emit = (event: Event): void => void events.push(event);
  const telling = await createSink(localfsPlan(root), contextOf({ emit }));
  assert.deepEqual(await telling.tidy(), []);
  assert.match(JSON.stringify(events), /holds a root of its own \(deep\/\.palhm-lock\)/);
  assert.deepEqual(await readdir(inner), ['.palhm-lock']);
  for (const path of [note, join(root, prefixAt(50).name)]) await rm(path, { recursive: true });
});

it('a leftover that cannot be removed is said and stays; the others go', async (context) => {
  const remains = join(root, '.palhm-trash.0-immutable');
  await mkdir(remains);
  await writeFile(join(remains, 'f'), 'x');
  await mkdir(join(root, '.palhm-trash.1-ordinary'));
  try {
    execFileSync('chattr', ['+i', join(remains, 'f')], { stdio: 'pipe' });
  } catch (error) {
    await sink.tidy();
    return context.skip(`cannot make a file immutable: ${messageOf(error)}`);
  }
  const events: Event[] = [];
  const emit = (event: Event): void => void events.push(event);
  const telling = await createSink(localfsPlan(root), contextOf({ emit }));
  assert.equal((await telling.tidy()).length, 1);
  const [warning] = events;
  assert.ok(warning?.type === 'warning');
  assert.match(warning.message, /cannot be removed: .*0-immutable$/);
  assert.match(String(warning.details), /^EPERM: operation not permitted, unlink/);
  execFileSync('chattr', ['-i', join(remains, 'f')]);
  assert.equal((await sink.tidy()).length, 1);
  assert.deepEqual((await readdir(root)).sort(), ['.palhm-lock', prefixAt(0).name]);
});

it('a run whose lock file was removed under it publishes nothing that another has swept', async () => {
  const copy = await sink.open(prefixAt(20), { id: 'robbed' });
  const object = await writeObject(copy, 'o', 'echo x');
  await rm(join(root, '.palhm-lock'));
  const robber = await lockNow(sink);
  assert.equal((await sink.tidy()).length, 1);
  await assert.rejects(copy.commit(manifestOf(prefixAt(20), [object])), {
    code: 'SINK_UNAVAILABLE',
  });
  await assert.rejects(copy.abort(), /is not the directory any more that this run has made/);
  assert.deepEqual(await listedNames(sink), [prefixAt(0).name]);
  await robber.release();
});
