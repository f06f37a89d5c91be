/** One entry of a root that cannot be read is one stranger, whatever is wrong with it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, it, type TestContext } from 'node:test';
import type { Stranger } from '../../../src/copy/copy.js';
import type { Lock } from '../../../src/host/file-lock.js';
import type { Sink } from '../../../src/sink/sink.js';
import { mountDead } from '../../rig/dead-mount.js';
import { mountFailing } from '../../rig/failing-file.js';
import { makeScratch } from '../../rig/scratch.js';
import { localfsPlan, lockNow, makeCopy, prefixAt, sinkOf } from '../../rig/sinks.js';

const GOOD = prefixAt(0);
const BAD = prefixAt(7);

let base: string;
let root: string;
let sink: Sink;
let lock: Lock;
const unmounts: (() => void)[] = [];

before(async () => {
  base = makeScratch();
  root = join(base, 'root');
  sink = await sinkOf(localfsPlan(root));
  lock = await lockNow(sink);
  await makeCopy(sink, GOOD);
});
afterEach(() => {
  for (const unmount of unmounts.splice(0)) unmount();
  execFileSync('rm', ['-rf', join(root, BAD.name), join(root, 'other')]);
});
after(async () => {
  await lock.release();
  rmSync(base, { recursive: true });
});

/** False, and the test skipped, where nothing can be mounted. */
function kill(context: TestContext, at: string): boolean {
  const unmount = mountDead(context, at);
  if (unmount !== undefined) unmounts.push(unmount);
  return unmount !== undefined;
}

/** What every way to ask says of the bad entry. Each finds the good copy, but for the one that asks for the bad one. */
async function strangersNamed(name: string): Promise<readonly (Stranger | undefined)[]> {
  assert.deepEqual(await sink.tidy(), []);
  const found: (Stranger | undefined)[] = [];
  for (const request of [{}, { newest: { now: prefixAt(9).micros / 1000 } }, { prefix: name }]) {
    const { copies, strangers } = await sink.list(request);
    const good = 'prefix' in request ? [] : [GOOD];
    assert.deepEqual(
      copies.map(({ prefix }) => prefix),
      good,
    );
    found.push(strangers.find((stranger) => stranger.name === name));
  }
  return found;
}

it('a mount that has died below the name of a copy (ENOTCONN)', async (context) => {
  if (!kill(context, join(root, BAD.name))) return;
  for (const stranger of await strangersNamed(BAD.name)) {
    assert.equal(stranger?.unread, true);
    assert.match(stranger.why, /^cannot be read: ENOTCONN/);
  }
});

for (const [name, errno] of [
  ['EIO', 5],
  ['EACCES', 13],
  ['ETIMEDOUT', 110],
  ['ESTALE', 116],
  ['EUCLEAN', 117],
  ['EKEYEXPIRED', 127],
] as const)
  it(`a manifest that answers ${name} is unread, not damaged`, async (context) => {
    const manifest = join(root, BAD.name, '.palhm-manifest.json');
    mkdirSync(join(root, BAD.name));
    writeFileSync(manifest, '');
    const unmount = await mountFailing(context, manifest, errno);
    if (unmount === undefined) return;
    unmounts.push(unmount);
    for (const stranger of await strangersNamed(BAD.name)) {
      assert.deepEqual([stranger?.unread, stranger?.damaged], [true, undefined]);
      assert.match(stranger?.why ?? '', new RegExp(`^cannot be read: ${name}: [a-z]`));
    }
  });

it('a mount that has died somewhere in a copy without a manifest', async (context) => {
  mkdirSync(join(root, BAD.name));
  writeFileSync(join(root, BAD.name, 'o'), 'text');
  if (!kill(context, join(root, BAD.name, 'deep'))) return;
  const [whole, , named] = await strangersNamed(BAD.name);
  assert.match(whole?.why ?? '', /^cannot be read: ENOTCONN/);
  assert.match(named?.why ?? '', /^cannot be read: ENOTCONN/);
});

it('a mount that has died under any other name', async (context) => {
  if (!kill(context, join(root, 'other'))) return;
  const [whole, , named] = await strangersNamed('other');
  assert.match(whole?.why ?? '', /^cannot be read: ENOTCONN/);
  assert.match(named?.why ?? '', /^cannot be read: ENOTCONN/);
});

it('a tree that is deeper than a path can be long (ENAMETOOLONG)', async () => {
  const script =
    'mkdir "$0" && cd "$0" && for i in $(seq 20); do mkdir $1 && cd $1; done; echo 1 >o';
  execFileSync('bash', ['-c', script, join(root, BAD.name), 'd'.repeat(250)]);
  const [whole, , named] = await strangersNamed(BAD.name);
  assert.match(whole?.why ?? '', /^cannot be read: ENAMETOOLONG/);
  assert.match(named?.why ?? '', /^cannot be read: ENAMETOOLONG/);
});

it('a record that cannot be read is one that is not there', async (context) => {
  const record = join(root, GOOD.name, '.palhm-verify.json');
  if (!kill(context, record)) return;
  const { copies } = await sink.list();
  assert.deepEqual(
    copies.map(({ prefix, records }) => [prefix, records.verify]),
    [[GOOD, undefined]],
  );
  for (const unmount of unmounts.splice(0)) unmount();
  rmSync(record, { recursive: true });
});

it('a root that cannot be read is the failure of the listing', async (context) => {
  const dead = join(base, 'dead');
  if (!kill(context, dead)) return;
  const other = await sinkOf(localfsPlan(dead));
  await assert.rejects(other.list(), { code: 'SINK_UNAVAILABLE', message: /ENOTCONN/ });
});

it('a deep tree is measured as far as paths reach', async () => {
  const deepest = join(root, BAD.name, 'd/'.repeat(1500));
  mkdirSync(deepest, { recursive: true });
  writeFileSync(join(deepest, 'o'), '1\n');
  const { copies } = await sink.list({ prefix: BAD.name });
  assert.deepEqual(
    copies.map(({ size, objects }) => [size, objects]),
    [[2, 1]],
  );
});
