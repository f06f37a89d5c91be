/**
 * Databases of 200 MB and more, dumped by the execs of conf.d/core.json through zstd and gpg, brought back by hand from the
 * plain files and compared row by row. Debian packages: mariadb-server mariadb-client postgresql gnupg zstd util-linux.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { CORE, coreExec, outputOf, TOP, whyMissing } from '../shipped/core.js';
import { findDamage } from './copies.js';
import type { Database } from './database.js';
import { MARIADB_PROGRAMS, startMariadb } from './mariadb.js';
import { POSTGRES_PROGRAMS, startPostgres, whyNoPostgres } from './postgres.js';

const RECIPIENT = 'backup@example.org';
const DUMPED_BYTES = 200e6;

const skip =
  whyMissing(
    'setpriv',
    'gpg',
    'gpgconf',
    'zstd',
    'bash',
    ...MARIADB_PROGRAMS,
    ...POSTGRES_PROGRAMS,
  ) || whyNoPostgres();

suite('databases', { skip }, () => {
  let directory = '';
  let gnupg: { readonly GNUPGHOME: string };
  const running: Database[] = [];
  let mariadb: Database;
  let postgres: Database;

  const start = async (
    starting: (folder: string) => Promise<Database>,
    name: string,
  ): Promise<Database> => {
    const database = await starting(join(directory, name));
    running.push(database);
    return database;
  };

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'palhm-db-'));
    chmodSync(directory, 0o755);
    gnupg = { GNUPGHOME: mkdtempSync(join(directory, 'gnupg-')) };
    const key = ['--quick-generate-key', RECIPIENT, 'default', 'default', 'never'];
    outputOf({ argv: ['gpg', '--batch', '--quiet', '--passphrase', '', ...key], env: gnupg });
    mariadb = await start(startMariadb, 'mariadb');
    postgres = await start(startPostgres, 'postgres');
    await Promise.all([mariadb.fill(), postgres.fill()]);
  });
  after(async () => {
    await Promise.all(running.map((database) => database.stop()));
    if (gnupg !== undefined) outputOf({ argv: ['gpgconf', '--kill', 'all'], env: gnupg });
    rmSync(directory, { recursive: true, force: true });
  });

  const dump = (id: string, append: readonly string[]): object => ({
    type: 'exec-append',
    'exec-id': id,
    argv: append,
  });
  const FILTERS = [
    { type: 'exec', 'exec-id': 'zstd' },
    { type: 'exec-append', 'exec-id': 'gpg', argv: ['--recipient', RECIPIENT] },
  ];

  /** Writes a config with one task and returns how to run palhm on it. */
  const configure = (
    name: string,
    objects: Readonly<Record<string, readonly object[]>>,
  ): { root: string; palhm: (...args: readonly string[]) => Promise<Ran> } => {
    const root = join(directory, `root-${name}`);
    const file = join(directory, `${name}.json`);
    const task = {
      id: 'backup',
      type: 'backup',
      backend: 'localfs',
      'backend-param': { root },
      objects: Object.entries(objects).map(([path, pipeline]) => ({ path, pipeline })),
    };
    writeFileSync(file, JSON.stringify({ include: [CORE], tasks: [task] }));
    return { root, palhm: (...args) => runPalhm(['-f', file, ...args], gnupg) };
  };

  /** A shell line, every part of which has to end well, run in a copy. */
  const byHand = async (copy: string, line: string, client: readonly string[]): Promise<void> => {
    const child = spawn('bash', ['-o', 'pipefail', '-c', `${line} | "$@"`, 'bash', ...client], {
      cwd: copy,
      env: { ...process.env, ...gnupg },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = await once(child, 'close');
    assert.equal(code, 0, line);
  };

  suite('brought back from a copy', () => {
    let copy = '';
    before(async () => {
      const { root, palhm } = configure('whole', {
        'mariadb/shop.sql.zst.gpg': [
          dump('mariadb-dump-database', [...mariadb.connect, 'shop']),
          ...FILTERS,
        ],
        'postgres/shop.dump.zst.gpg': [dump('pg_dump', [...postgres.connect, 'shop']), ...FILTERS],
        'postgres/shop.sql.zst.gpg': [
          dump('pg_dump-plain', [...postgres.connect, 'shop']),
          ...FILTERS,
        ],
      });
      const ran = await palhm('run', 'backup');
      assert.equal(ran.code, 0, ran.stderr);
      const [prefix = '', ...others] = visible(root);
      assert.deepEqual(others, []);
      copy = join(root, prefix);
      assert.deepEqual(findDamage(copy), []);
    });

    test('MariaDB: every row, and what is not rows', async () => {
      await mariadb.query('mysql', 'CREATE DATABASE again CHARACTER SET utf8mb4');
      await byHand(copy, 'gpg -d mariadb/shop.sql.zst.gpg | zstd -d', mariadb.client('again'));
      const rows = await mariadb.rows('shop');
      assert.equal(rows.count, 100_002);
      assert.ok(rows.bytes > DUMPED_BYTES);
      assert.deepEqual(await mariadb.rows('again'), rows);
      assert.equal(await mariadb.query('again', 'SELECT gross(100)'), '119.00\n');
      const kept =
        "SELECT (SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = 'again')," +
        " (SELECT COUNT(*) FROM information_schema.events WHERE event_schema = 'again')," +
        " (SELECT COUNT(*) FROM information_schema.views WHERE table_schema = 'again')";
      assert.equal(await mariadb.query('again', kept), '1\t1\t1\n');
    });

    test('PostgreSQL, custom format: every row', async () => {
      await postgres.query('postgres', 'CREATE DATABASE again');
      const client = ['pg_restore', ...postgres.connect, '--exit-on-error', '--dbname=again'];
      await byHand(copy, restoreLineOf(copy, 'postgres/shop.dump.zst.gpg'), client);
      const rows = await postgres.rows('shop');
      assert.equal(rows.count, 110_002);
      assert.ok(rows.bytes > DUMPED_BYTES);
      assert.deepEqual(await postgres.rows('again'), rows);
      assert.equal(await postgres.query('again', 'SELECT gross(100)'), '119.00\n');
    });

    test('PostgreSQL, plain format, by the inverse: a database that was lost', async () => {
      const rows = await postgres.rows('shop');
      await postgres.query('postgres', 'ALTER DATABASE shop RENAME TO lost');
      const [psql = '', ...rest] = coreExec('pg_dump-plain').inverse?.argv ?? [];
      const client = [psql, ...postgres.connect, ...rest];
      await byHand(copy, 'gpg -d postgres/shop.sql.zst.gpg | zstd -d', client);
      assert.deepEqual(await postgres.rows('shop'), rows);
    });
  });

  /** A stage that lets some bytes through, then kills the server that sends them. */
  const killer = ({ pid }: Database, signal: string): object => ({
    type: 'exec-inline',
    argv: ['sh', '-c', `head -c 5000000; kill -s ${signal} ${pid}; exec cat`],
  });

  const cases = [
    { name: 'MariaDB', id: 'mariadb-dump', append: [], signal: 'KILL', server: () => mariadb },
    { name: 'PostgreSQL', id: 'pg_dump', append: ['shop'], signal: 'QUIT', server: () => postgres },
  ];
  for (const { name, id, append, signal, server } of cases) {
    test(`${name} killed in the middle of its dump: the backup fails and nothing is listed`, async () => {
      const { root, palhm } = configure(`killed-${id}`, {
        'all.zst.gpg': [
          dump(id, [...server().connect, ...append]),
          killer(server(), signal),
          ...FILTERS,
        ],
      });
      const ran = await palhm('run', 'backup');
      assert.equal(ran.code, 1, ran.stderr);
      assert.match(ran.stderr, new RegExp(`stage 1 of 4, ${id}, exited with status [1-9]`));
      const listed = await palhm('list', 'backup', '--json');
      assert.deepEqual(JSON.parse(listed.stdout), { task: 'backup', copies: [] });
      assert.deepEqual(visible(root), []);
    });
  }
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function runPalhm(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ran> {
  const command = [join(TOP, 'bin/palhm.js'), ...args];
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, command, {
      env: { ...process.env, ...env },
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as Ran;
  }
}

function visible(root: string): string[] {
  return readdirSync(root).filter((name) => !name.startsWith('.'));
}

/** The line of the manifest, which anybody can paste. */
function restoreLineOf(copy: string, path: string): string {
  const { objects } = JSON.parse(readFileSync(join(copy, '.palhm-manifest.json'), 'utf8')) as {
    objects: readonly { path: string; restore: string }[];
  };
  const line = objects.find((object) => object.path === path)?.restore;
  assert.ok(line);
  return line;
}
