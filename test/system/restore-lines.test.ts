/**
 * The `restore` lines of manifests, run without palhm: by sh, exactly as they stand there. For every filter of
 * conf.d/core.json, from a directory and from a Ceph gateway. Debian packages: awscli age bzip2 gnupg gzip lz4 openssl
 * pigz tar xz-utils zstd ceph-mon ceph-osd radosgw ceph-common.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Manifest } from '../../src/copy/manifest.js';
import { SHIPPED_FILTERS } from '../../src/run/objects/known-inverses.js';
import { parseManifest } from '../../src/wire/parse-manifest.js';
import { runPalhm } from '../rig/palhm.js';
import { makeBucket, readObject, type S3Server } from '../rig/s3/server.js';
import { listPrefixes } from '../rig/site.js';
import { CORE, outputOf, readCore, whyMissing } from '../shipped/core.js';
import { whyNoLab } from './lab.js';
import { startS3 } from './s3-servers.js';

const RECIPIENT = 'backup@example.org';
/** Where the inverse of conf.d/core.json looks for it. */
const AGE_IDENTITY = '/etc/palhm/age-identity';
/** Some megabytes that a compressor can halve, so that decoders have to read on. */
const MAKE =
  'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); echo "line $i of the dump; ä"; done; printf end';
const SIZE_OF_PART = 5 * 2 ** 20;

/** Those that make data; their lines end before the inverse, and the tests named here go on to it. */
const SOURCES: Readonly<Record<string, string>> = {
  tar: 'here',
  mysqldump: 'whole-servers.test.ts',
  'mysqldump-database': 'databases.test.ts',
  'mariadb-dump': 'restore-apply.test.ts, whole-servers.test.ts',
  'mariadb-dump-database': 'databases.test.ts',
  pg_dump: 'restore-apply.test.ts, databases.test.ts',
  'pg_dump-plain': 'databases.test.ts',
  pg_dumpall: 'whole-servers.test.ts',
  slapcat: 'restore-apply.test.ts',
  'slapcat-config': 'restore-apply.test.ts',
  mongodump: 'not in Debian',
  'dpkg-selections': 'shipped/dumps.test.ts',
  crontab: 'shipped/dumps.test.ts',
};

const skip =
  whyNoLab('rgw-start.sh') ||
  whyMissing(
    'gpg',
    'gpgconf',
    'age',
    'age-keygen',
    'zstd',
    'xz',
    'bzip2',
    'lz4',
    'pigz',
    'openssl',
  ) ||
  (!existsSync('/usr/bin/aws') && 'not installed: awscli');

describe('restore lines without palhm', { skip }, () => {
  let directory = '';
  let env: Record<string, string> = {};
  let hadIdentity = true;
  /** Undefined when it was there. */
  let madeDirectory: string | undefined;
  let append: Readonly<Record<string, readonly string[]>> = {};

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'palhm-lines-'));
    const home = mkdtempSync(join(directory, 'gnupg-'));
    const passphrase = join(directory, 'passphrase');
    writeFileSync(passphrase, 'correct horse\n', { mode: 0o600 });
    env = { GNUPGHOME: home, PALHM_PASSPHRASE: 'correct horse' };
    const key = ['--quick-generate-key', RECIPIENT, 'default', 'default', 'never'];
    outputOf({ argv: ['gpg', '--batch', '--quiet', '--passphrase', '', ...key], env });
    // Nobody is there to type it.
    const unattended = `batch\npinentry-mode loopback\npassphrase-file ${passphrase}\n`;
    writeFileSync(join(home, 'gpg.conf'), unattended);
    hadIdentity = existsSync(AGE_IDENTITY);
    madeDirectory = mkdirSync('/etc/palhm', { recursive: true });
    if (!hadIdentity) outputOf({ argv: ['age-keygen', '-o', AGE_IDENTITY] });
    const recipient = /public key: (\S+)/.exec(readFileSync(AGE_IDENTITY, 'utf8'))?.[1] ?? '';
    append = {
      gpg: ['--recipient', RECIPIENT],
      'gpg-symmetric': ['--passphrase-file', passphrase],
      age: ['--recipient', recipient],
    };
  });
  after(() => {
    outputOf({ argv: ['gpgconf', '--kill', 'all'], env });
    if (!hadIdentity) rmSync(AGE_IDENTITY);
    if (madeDirectory !== undefined) rmSync(madeDirectory, { recursive: true });
    rmSync(directory, { recursive: true, force: true });
  });

  it('knows of every exec with an inverse', () => {
    const withInverse = readCore().filter(({ inverse }) => inverse !== undefined);
    const known = [...SHIPPED_FILTERS, ...Object.keys(SOURCES)];
    assert.deepEqual(withInverse.map(({ id }) => id).sort(), known.sort());
  });

  const maker = { type: 'exec-inline', argv: ['sh', '-c', MAKE] };
  const filter = (id: string): object => ({
    type: 'exec-append',
    'exec-id': id,
    argv: append[id] ?? [],
  });
  const objects = (): readonly object[] => [
    ...[...SHIPPED_FILTERS].map((id) => ({ path: `it's ${id}/x`, pipeline: [maker, filter(id)] })),
    { path: '-both', pipeline: [maker, filter('zstd'), filter('gpg')] },
    { path: 'bare', pipeline: [maker] },
    {
      path: 'large',
      pipeline: [
        { type: 'exec-inline', argv: ['head', '-c', `${3 * SIZE_OF_PART + 1}`, '/dev/zero'] },
      ],
    },
    {
      path: 'tree.tar.zst',
      pipeline: [
        { type: 'exec-append', 'exec-id': 'tar', argv: ['-C', '/', 'etc/hostname'] },
        filter('zstd'),
      ],
    },
  ];

  async function backUp(backend: string, param: object): Promise<string> {
    const config = join(directory, `${backend}.jsonc`);
    const task = {
      id: 'backup',
      type: 'backup',
      backend,
      'backend-param': param,
      objects: objects(),
    };
    writeFileSync(config, JSON.stringify({ include: [CORE], 'nb-workers': 2, tasks: [task] }));
    const { code, stderr } = await runPalhm(['-f', config, 'run', 'backup'], { env });
    assert.equal(code, 0, stderr);
    return config;
  }

  const MADE = spawnSync('sh', ['-c', MAKE], { maxBuffer: 2 ** 26 }).stdout;

  function assertLines(
    manifest: Manifest,
    cwd: string,
    more: Readonly<Record<string, string>>,
  ): void {
    for (const { path, restore } of manifest.objects) {
      const ran = spawnSync('sh', ['-c', restore], {
        cwd,
        env: { ...process.env, ...env, ...more, PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
        maxBuffer: 2 ** 28,
      });
      assert.equal(ran.status, 0, `${restore}\n${ran.stderr.toString()}`);
      if (path === 'tree.tar.zst') assertUnpacks(ran.stdout);
      else if (path === 'large') assert.ok(ran.stdout.equals(Buffer.alloc(3 * SIZE_OF_PART + 1)));
      else assert.ok(ran.stdout.equals(MADE), restore);
    }
    assert.equal(manifest.objects.length, SHIPPED_FILTERS.size + 4);
  }

  /** By the inverse of tar, as it ships. */
  function assertUnpacks(archive: Buffer): void {
    const inverse = readCore().find(({ id }) => id === 'tar')?.inverse;
    assert.ok(inverse);
    const cwd = mkdtempSync(join(directory, 'tree-'));
    outputOf(inverse, { cwd, input: archive });
    assert.deepEqual(readFileSync(join(cwd, 'etc/hostname')), readFileSync('/etc/hostname'));
  }

  it('in the directory of the copy', async () => {
    const root = join(directory, 'root');
    await backUp('localfs', { root });
    const made = readdirSync(root).find((name) => !name.startsWith('.'));
    const copy = join(root, made ?? '');
    const text = readFileSync(join(copy, '.palhm-manifest.json'), 'utf8');
    assertLines(parseManifest(text), copy, {});
  });

  describe('for a bucket', () => {
    let server: S3Server;
    let bucket = '';
    let manifest: Manifest;
    let config = '';
    let prefix = '';
    let credentials: Record<string, string>;
    /** What `restore --print` prints. */
    let printed = '';
    before(async () => {
      server = await startS3('rgw');
      bucket = await makeBucket(server);
      credentials = {
        AWS_ACCESS_KEY_ID: server.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
        AWS_CONFIG_FILE: '/dev/null',
      };
      env = { ...env, ...credentials };
      const { endpoint } = server;
      const parts = { 'part-size': SIZE_OF_PART, 'max-parts': 2 };
      config = await backUp('aws-s3', {
        bucket,
        root: 'a b/host',
        endpoint,
        region: 'us-east-1',
        ...parts,
      });
      [prefix = ''] = await listPrefixes(config, { env });
      const key = `a b/host/${prefix}/.palhm-manifest.json`;
      manifest = parseManifest((await readObject(server, bucket, key)).toString());
      const ended = await runPalhm(['-f', config, 'restore', '--print'], { env });
      assert.equal(ended.code, 0, ended.stderr);
      printed = `\n${ended.stdout}`;
    });

    /** The line that is printed for an object. */
    function lineOf({ path }: { readonly path: string }): string {
      const [, line = ''] = printed.split(`\n# ${path}\n`);
      return line.split('\n', 1).join('');
    }

    after(() => server.stop());

    it('by the aws command line of Debian', () => {
      assert.ok(manifest.objects.some(({ volumes = [] }) => volumes.length === 2));
      const fetched = mkdtempSync(join(directory, 'fetched-'));
      const url = `s3://${bucket}/a b/host/${prefix}/`;
      const at = ['--endpoint-url', server.endpoint, '--region', 'us-east-1'];
      outputOf({ argv: ['aws', 's3', 'cp', '--quiet', '--recursive', url, fetched, ...at], env });
      assertLines(manifest, fetched, {});
      const fetching = manifest.objects.map((one) => ({ ...one, restore: lineOf(one) }));
      assertLines({ ...manifest, objects: fetching }, '/', credentials);
    });
    it('and by palhm, with the config, or with the address alone', async () => {
      const url = `s3://${bucket}/a b/host/${prefix}`;
      const ways = [
        ['-f', config, 'restore', 'backup'],
        ['restore', '--from', url, '--endpoint', server.endpoint],
      ];
      for (const [index, way] of ways.entries()) {
        const target = join(directory, `target-${index}`);
        const ended = await runPalhm([...way, '--to', target, '--extract'], { env });
        assert.equal(ended.code, 0, ended.stderr);
        assert.deepEqual(readFileSync(join(target, "it's zstd/x")), MADE);
        assert.ok(readFileSync(join(target, 'large')).equals(Buffer.alloc(3 * SIZE_OF_PART + 1)));
        assert.ok(existsSync(join(target, 'tree/etc/hostname')));
      }
    });
    it('palhm prints lines that fetch, and longer ones for --apply', async () => {
      assert.doesNotMatch(printed, /^cd /m);
      assert.doesNotMatch(printed, /NOT what/);
      const apply = ['restore', '--print', '--apply', '--object', 'tree.tar.zst'];
      const line = await runPalhm(['-f', config, ...apply], { env });
      assert.match(line.stdout, /aws s3 cp .* \| zstd -qdc \| tar /);
    });
  });
});
