/** Every filter of conf.d/core.json, there and back, through the real programs. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { makeScratch } from '../rig/scratch.js';
import {
  type CoreExec,
  coreExec,
  type Given,
  outputOf,
  type Program,
  readCore,
  runProgram,
  whyMissing,
} from './core.js';

const COMPRESSORS = readCore()
  .map(({ id }) => id)
  .filter((id) => /^(?:filter-|gzip$|pigz$|bzip2$|xz$|zstd$|lz4$)/.test(id));
const TEXT = Array.from(
  { length: 30_000 },
  (_, index) => `INSERT INTO t VALUES (${index}, 'ä', NULL);\n`,
).join('');
const LINES = TEXT.slice(0, 1000);
const INPUTS: Readonly<Record<string, Buffer>> = {
  'random bytes': randomBytes(1_000_001),
  text: Buffer.from(TEXT),
  'one byte': Buffer.from('\0'),
  nothing: Buffer.alloc(0),
};

function inverseOf(exec: CoreExec): Program {
  assert.ok(exec.inverse, `"${exec.id}" has no inverse`);
  return exec.inverse;
}

interface WayBack {
  readonly there?: Given;
  readonly back?: Given;
  readonly inverse?: Program;
}

function assertRoundTrips(exec: CoreExec, { there = {}, back = {}, inverse }: WayBack = {}): void {
  for (const [name, input] of Object.entries(INPUTS)) {
    const stored = outputOf(exec, { ...there, input });
    const restored = outputOf(inverse ?? inverseOf(exec), { ...back, input: stored });
    assert.ok(restored.equals(input), `${exec.id} changed ${name}`);
    if (name === 'text') assert.ok(!stored.includes(LINES), `${exec.id} stored the text as it is`);
  }
}

suite('compressors', () => {
  assert.ok(COMPRESSORS.length >= 10);
  for (const exec of COMPRESSORS.map(coreExec)) {
    const [program = ''] = exec.argv;
    test(`${exec.id} and back`, { skip: whyMissing(program) }, () => {
      assertRoundTrips(exec);
    });
    test(`${exec.id} notices a cut`, { skip: whyMissing(program) }, () => {
      const stored = outputOf(exec, { input: Buffer.from(TEXT.slice(0, 40_000)) });
      const cut = runProgram(inverseOf(exec), { input: stored.subarray(0, stored.length - 5) });
      assert.notEqual(cut.status, 0);
    });
  }
});

const directory = makeScratch();

suite('gpg', { skip: whyMissing('gpg', 'gpgconf') }, () => {
  let home: Given = {};
  before(() => {
    const folder = mkdtempSync(join(directory, 'gnupg-'));
    home = { env: { GNUPGHOME: folder } };
    const key = ['--quick-generate-key', 'backup@example.org', 'default', 'default', 'never'];
    outputOf({ argv: ['gpg', '--batch', '--quiet', '--passphrase', '', ...key] }, home);
  });
  after(() => outputOf({ argv: ['gpgconf', '--kill', 'all'] }, home));

  test('to a recipient and back', () => {
    const append = ['--recipient', 'backup@example.org'];
    assertRoundTrips(coreExec('gpg'), { there: { ...home, append }, back: home });
  });

  test('fails without a recipient', () => {
    const { status, stdout } = runProgram(coreExec('gpg'), { ...home, input: Buffer.from(LINES) });
    assert.notEqual(status, 0);
    assert.equal(stdout.length, 0);
  });

  test('with a passphrase from a file and back', () => {
    const file = join(directory, 'passphrase');
    writeFileSync(file, 'correct horse\n', { mode: 0o600 });
    const unattended = ['--batch', '--pinentry-mode', 'loopback', '--passphrase-file', file];
    const exec = coreExec('gpg-symmetric');
    const [gpg = '', ...rest] = inverseOf(exec).argv;
    assertRoundTrips(exec, {
      there: { ...home, append: ['--passphrase-file', file] },
      inverse: { argv: [gpg, ...unattended, ...rest] },
      back: home,
    });
  });
});

test('age to a recipient and back', { skip: whyMissing('age', 'age-keygen') }, () => {
  const identity = join(directory, 'age-identity');
  outputOf({ argv: ['age-keygen', '-o', identity] });
  const recipient = /public key: (\S+)/.exec(readFileSync(identity, 'utf8'))?.[1] ?? '';
  const exec = coreExec('age');
  const argv = inverseOf(exec).argv.map((word) => (word.startsWith('/') ? identity : word));
  assertRoundTrips(exec, { there: { append: ['--recipient', recipient] }, inverse: { argv } });
});

suite('openssl', { skip: whyMissing('openssl') }, () => {
  const env = { PALHM_PASSPHRASE: 'correct horse' };
  test('and back', () => {
    assertRoundTrips(coreExec('openssl'), { there: { env }, back: { env } });
  });
  test('fails without the passphrase', () => {
    const { status } = runProgram(coreExec('openssl'), { input: Buffer.from(LINES) });
    assert.notEqual(status, 0);
  });
});
