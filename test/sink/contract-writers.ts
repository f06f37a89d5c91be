/** Stages that write as stages do, and some that do not; what is stored must be what its size and hash say. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { after, before, it } from 'node:test';

import type { OpenCopy, Sink, StoredObject } from '../../src/sink/sink.js';
import { beginObject, manifestOf, prefixAt, startStage, writeObject } from '../rig/sinks.js';
import { until } from '../rig/until.js';
import { openLocked, type SinkRig } from './contract-rig.js';

const RANDOM = 'more than the reader takes at once';
const SCRIPTS: Readonly<Record<string, string>> = {
  'an empty object': ':',
  'one byte': 'printf x',
  'many small writes': 'for i in {1..500}; do echo $i; done',
  'several processes in turn': 'seq 1000; (seq 1000; seq 1000); seq 1000 | tac',
  [RANDOM]: 'head -c 30000001 /dev/urandom',
  'a writer that opens /dev/stdout itself': 'seq 100000 > /dev/stdout',
  'cp to /dev/stdout': 'cp /bin/sh /dev/stdout',
  'dd oflag=direct': 'dd if=/bin/bash bs=1M count=1 oflag=direct status=none',
  'dd oflag=direct in odd blocks': 'dd if=/bin/bash bs=4000 count=300 oflag=direct status=none',
  '> /dev/stdout after earlier output': 'seq 100000; seq 9 > /dev/stdout; seq 5',
  '>> /proc/self/fd/1 after earlier output': 'seq 100000; seq 9 >> /proc/self/fd/1; seq 5',
  'tar -cf /dev/stdout after earlier output': 'seq 1000; tar -cf /dev/stdout -C /bin sh; seq 5',
  'dd of=/dev/stdout after earlier output':
    'seq 1000; dd if=/bin/sh of=/dev/stdout bs=64k status=none; seq 5',
  'openssl -out /dev/stdout after earlier output':
    'seq 1000; openssl base64 -in /bin/sh -out /dev/stdout; seq 5',
  'zip, which seeks where it can': 'cd /bin; zip -q - sh cat',
  'a child that is left behind and writes': 'echo x; (sleep 0.2; echo late) &',
  'a child that is left behind and would patch what was written':
    "echo head; (sleep 0.2; exec perl -e 'sysseek STDOUT, 0, 0; syswrite STDOUT, qq(late\\n)') &",
};

export function describeWriters(make: () => Promise<SinkRig>): void {
  let rig: SinkRig;
  let sink: Sink;
  let close: () => Promise<void>;
  let copy: OpenCopy;
  before(async () => {
    ({ rig, sink, close } = await openLocked(make));
  });
  after(() => close());

  async function openFresh(): Promise<void> {
    for (const listed of (await sink.list()).copies) await sink.remove(listed);
    copy = await sink.open(prefixAt(0), { id: 'writers' });
  }

  /** Commits the one object and compares what the store has with what it said. */
  async function check(stored: StoredObject): Promise<Buffer> {
    await copy.commit(manifestOf(prefixAt(0), [{ path: 'o', ...stored }]));
    const bytes = await rig.read(prefixAt(0).name, 'o');
    assert.equal(stored.size, bytes.length);
    const [sum] = execFileSync('sha256sum', { input: bytes, encoding: 'utf8' }).split(' ');
    assert.equal(stored.sha256, sum);
    return bytes;
  }

  for (const [title, script] of Object.entries(SCRIPTS)) {
    it(title, async () => {
      await openFresh();
      const expected = execFileSync('bash', ['-c', `(${script}\n) | cat`], { maxBuffer: 1 << 28 });
      const bytes = await check(await writeObject(copy, 'o', script));
      if (title !== RANDOM) assert.ok(bytes.equals(expected), 'every byte, in its order');
    });
  }

  it('a slow writer, whose bytes are seen as they arrive', { timeout: 60_000 }, async () => {
    await openFresh();
    const writer = await beginObject(copy, 'o');
    const stage = startStage(writer, 'while read line; do seq 10000; done');
    let seen = 0;
    for (let round = 0; round < 5; round++) {
      stage.stdin?.write('go\n');
      await until(() => writer.bytes() !== seen);
      seen = writer.bytes();
    }
    stage.stdin?.end();
    await once(stage, 'close');
    const stored = await writer.finish();
    assert.equal(writer.bytes(), stored.size);
    assert.equal((await check(stored)).length, 5 * 48_894);
  });

  it('24 objects at once', async () => {
    await openFresh();
    const paths = Array.from({ length: 24 }, (_, index) => `o${index}`);
    const script = 'head -c $((RANDOM * 40)) /dev/urandom';
    const written = await Promise.all(paths.map((path) => writeObject(copy, path, script)));
    await copy.commit(manifestOf(prefixAt(0), written));
    for (const { path, sha256 } of written) {
      const input = await rig.read(prefixAt(0).name, path);
      const [sum] = execFileSync('sha256sum', { input, encoding: 'utf8' }).split(' ');
      assert.equal(sha256, sum, path);
    }
  });
}
