import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import type { BackupPlan } from '../../../src/config/plan/plan.js';
import { MANIFEST_NAME } from '../../../src/copy/manifest.js';
import { Failure } from '../../../src/failure/failure.js';
import { sinkBracket } from '../../../src/run/operation/places.js';
import { parseManifest } from '../../../src/wire/parse-manifest.js';
import { plantOriginal } from '../../rig/copies.js';
import { backupPlan, groupPlan, objectPlan, shell } from '../../rig/plans.js';
import { openStand, type Stand } from '../../rig/stand.js';

let stand: Stand;
let keys: { readonly private: string; readonly public: string };

beforeEach(() => {
  stand = openStand();
  keys = writeKeys('sign');
});
afterEach(() => stand.close());

function writeKeys(name: string): { readonly private: string; readonly public: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const files = {
    private: join(stand.directory, `${name}.pem`),
    public: join(stand.directory, `${name}.pub`),
  };
  writeFileSync(files.private, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(files.public, publicKey.export({ type: 'spki', format: 'pem' }));
  return files;
}

interface Keys {
  readonly key?: string;
  readonly trusted?: readonly string[];
  readonly id?: string;
}

/** A task that touches `started` when a stage of it starts. */
function signing({ key = keys.private, trusted = [], id = 'backup' }: Keys = {}): BackupPlan {
  const started = join(stand.directory, 'started');
  const place = { file: 'test.jsonc', line: 2, column: 3 };
  const object = objectPlan('dir/é', [shell(`touch ${started}; echo hello`)]);
  return backupPlan(stand.root, [groupPlan('default', [], [object])], {
    id,
    sign: {
      key: { type: 'file', path: key },
      trusted: trusted.map((path) => ({ type: 'file', path })),
      place,
    },
  });
}

const openSink = (plan: BackupPlan) =>
  sinkBracket(stand.operation([plan]), plan).open(new AbortController().signal);
const manifestFile = (prefix: string): string => join(stand.root, prefix, MANIFEST_NAME);

/** Why the only entry of the root is no copy; undefined when it is one. */
async function whyStranger(plan: BackupPlan): Promise<string | undefined> {
  const { copies, strangers } = await (await openSink(plan)).list();
  assert.equal(copies.length + strangers.length, 1);
  return strangers[0]?.why;
}

async function makeCopy(): Promise<string> {
  await stand.run([signing()]);
  const [prefix = ''] = stand.copies();
  return prefix;
}

suite('a task that signs', () => {
  test('makes copies that the public key knows as well', async () => {
    await makeCopy();
    assert.equal(await whyStranger(signing()), undefined);
    assert.equal(await whyStranger(signing({ key: keys.public })), undefined);
  });
  test('takes no copy that is not signed, or was made by another key', async () => {
    const prefix = await makeCopy();
    const other = writeKeys('other');
    assert.match(
      (await whyStranger(signing({ key: other.public }))) ?? '',
      /^is not trusted: .*key [0-9a-f]{64}, which is not trusted/,
    );
    assert.equal(
      await whyStranger(signing({ key: other.private, trusted: [keys.public] })),
      undefined,
    );
    const { signature: _, ...unsigned } = JSON.parse(readFileSync(manifestFile(prefix), 'utf8'));
    writeFileSync(manifestFile(prefix), JSON.stringify(unsigned));
    assert.match(
      (await whyStranger(signing())) ?? '',
      /^is not trusted: The manifest is not signed/,
    );
  });
  test('takes no copy of the original PALHM', async () => {
    plantOriginal(stand.root, '2020-01-01T00:00:00+00:00');
    assert.match(
      (await whyStranger(signing())) ?? '',
      /has no manifest, and copies of this task are signed/,
    );
  });
  test('neither rotates nor reads what it does not trust', async () => {
    const prefix = await makeCopy();
    const other = writeKeys('other');
    const plan = signing({ key: other.private });
    const once: BackupPlan = {
      ...plan,
      sink: {
        ...(plan.sink as Extract<BackupPlan['sink'], { type: 'localfs' }>),
        retention: {
          copies: { type: 'at-most', value: 1n },
          size: { type: 'none' },
          keep: undefined,
        },
      },
    };
    await stand.run([once]);
    assert.equal(stand.copies().length, 2);
    const sink = await openSink(signing({ key: other.public }));
    const copy = (await (await openSink(signing())).list()).copies[0];
    assert.equal(copy?.prefix.name, prefix);
    await assert.rejects(
      sink.stored(copy.prefix).manifest(),
      (error) => error instanceof Failure && error.code === 'SIGNATURE_INVALID',
    );
  });
  test('finds every byte of a manifest that is flipped', async () => {
    const prefix = await makeCopy();
    const whole = readFileSync(manifestFile(prefix));
    const sink = await openSink(signing());
    const copy = (await sink.list()).copies[0];
    assert.ok(copy !== undefined);
    const stored = sink.stored(copy.prefix);
    for (const at of whole.keys()) {
      const changed = Buffer.from(whole);
      changed[at] = (whole[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(manifestFile(prefix), changed);
      await assert.rejects(stored.manifest(), Failure, `byte ${at}`);
    }
    writeFileSync(manifestFile(prefix), whole);
    await stored.manifest();
  });
  test('covers keys of later versions', async () => {
    const prefix = await makeCopy();
    const manifest = JSON.parse(readFileSync(manifestFile(prefix), 'utf8'));
    writeFileSync(manifestFile(prefix), JSON.stringify({ ...manifest, later: 1 }));
    assert.match((await whyStranger(signing())) ?? '', /has been changed since it was signed/);
    // Only how it is laid out is free.
    writeFileSync(manifestFile(prefix), JSON.stringify(manifest));
    assert.equal(await whyStranger(signing()), undefined);
  });
  test('takes no copy under another name, or for another task', async () => {
    const prefix = await makeCopy();
    assert.match((await whyStranger(signing({ id: 'other' }))) ?? '', /is a copy of task "backup"/);
    cpSync(join(stand.root, prefix), join(stand.root, '2099-01-01T00:00:00+00:00'), {
      recursive: true,
    });
    const { copies, strangers } = await (await openSink(signing())).list();
    assert.equal(copies.length, 1);
    assert.match(strangers[0]?.why ?? '', /its manifest is that of copy/);
  });
});

suite('a key', () => {
  const failureFor = async (contents: string | undefined): Promise<Failure> => {
    const file = join(stand.directory, 'key');
    if (contents !== undefined) writeFileSync(file, contents);
    const failure = await stand.failureOf([signing({ key: file })]);
    assert.equal(existsSync(join(stand.directory, 'started')), false);
    assert.equal(existsSync(stand.root), false);
    return failure;
  };
  test('that is public makes no copies, and nothing is started', async () => {
    const failure = await failureFor(readFileSync(keys.public, 'utf8'));
    assert.equal(failure.code, 'KEY_INVALID');
    assert.match(failure.message, /^the key \$\{file:.*\/key\} of task "backup" is a public key/);
    assert.equal(failure.place?.line, 2);
  });
  test('that is not there', async () => {
    assert.equal((await failureFor(undefined)).code, 'REFERENCE_UNRESOLVED');
  });
  test('that is none, and is not shown', async () => {
    const failure = await failureFor('hunter22');
    assert.equal(failure.code, 'KEY_INVALID');
    assert.match(failure.message, /is not a key in PEM, or one with a passphrase$/);
    assert.doesNotMatch(JSON.stringify(failure) + String(failure.cause), /hunter22/);
  });
  test('of another kind', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const failure = await failureFor(String(privateKey.export({ type: 'pkcs8', format: 'pem' })));
    assert.match(failure.message, /is a key of type ec, not Ed25519$/);
  });
  test('is looked at in a dry run too', async () => {
    const failure = await stand.failureOf([signing({ key: keys.public })], { dryRunOf: [] });
    assert.equal(failure.code, 'KEY_INVALID');
  });
});

suite('by hand', () => {
  const [, lines = ''] =
    /```sh\n(work=.*?)```/s.exec(readFileSync('doc/manifest.md', 'utf8')) ?? [];
  const check = (prefix: string): string =>
    execFileSync('bash', ['-ec', lines.replaceAll('/etc/palhm/sign.pub', keys.public)], {
      cwd: join(stand.root, prefix),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  test('doc/manifest.md says how a signature is checked', async () => {
    assert.ok(lines.includes('openssl'));
    const prefix = await makeCopy();
    assert.match(check(prefix), /Signature Verified Successfully/);
    const text = readFileSync(manifestFile(prefix), 'utf8');
    writeFileSync(manifestFile(prefix), text.replace('"size": 6', '"size": 7'));
    assert.throws(() => check(prefix));
  });
  test('and which key it is', async () => {
    const prefix = await makeCopy();
    const [, line = ''] = /(openssl pkey .*)\n/.exec(readFileSync('doc/manifest.md', 'utf8')) ?? [];
    const printed = execFileSync('sh', ['-c', line.replace('/etc/palhm/sign.pub', keys.public)], {
      encoding: 'utf8',
    });
    const manifest = parseManifest(readFileSync(manifestFile(prefix), 'utf8'));
    assert.ok(printed.includes(manifest.signature?.key ?? 'none'));
  });
});
