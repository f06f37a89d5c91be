/**
 * The two samples of drills, word for word but for the root, with real servers as the source of the backup: restored into
 * servers that the drill starts, checked, and gone afterwards. Debian packages: mariadb-server mariadb-client postgresql zstd.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { type Ended, type RunningPalhm, startPalhm } from '../rig/palhm.js';
import { CORE, TOP, whyMissing } from '../shipped/core.js';
import type { Database } from './database.js';
import { MARIADB_PROGRAMS, startMariadb } from './mariadb.js';
import { POSTGRES_PROGRAMS, startPostgres, whyNoPostgres } from './postgres.js';

interface Case {
  readonly sample: string;
  readonly skip: string | false;
  readonly start: (folder: string) => Promise<Database>;
  /** Makes the database `shop` with a table `orders` of 10,000 rows. */
  readonly fill: (database: Database) => Promise<void>;
  /** How the programs of the backup find the source. */
  readonly env: (folder: string) => Readonly<Record<string, string>>;
  readonly server: string;
}

const COUNT = /"keep": \{[^}]*\}/;

const CASES: readonly Case[] = [
  {
    sample: 'drill-mariadb',
    skip: whyMissing('setpriv', 'zstd', ...MARIADB_PROGRAMS),
    start: startMariadb,
    fill: async (database) => {
      await database.query('mysql', 'CREATE DATABASE shop');
      await database.query(
        'shop',
        "CREATE TABLE orders AS SELECT seq AS id, REPEAT('Zoë ☃ 𝄞 ', 100) AS note FROM seq_1_to_10000",
      );
      // The file of the real table is in the way there.
      await database.query(
        'shop',
        `SET @sql = CONCAT('CREATE TABLE elsewhere (id INT) ENGINE=MyISAM DATA DIRECTORY=', QUOTE(REPLACE(@@datadir, '/data/', ''))); PREPARE made FROM @sql; EXECUTE made`,
      );
    },
    // /etc/mysql names a socket, which wins over the environment: the config has to say where it is.
    env: () => ({}),
    server: 'mariadbd',
  },
  {
    sample: 'drill-postgresql',
    skip: whyMissing('setpriv', 'zstd', ...POSTGRES_PROGRAMS) || whyNoPostgres(),
    start: startPostgres,
    fill: async (database) => {
      await database.query('postgres', 'CREATE ROLE clerk LOGIN');
      await database.query('postgres', 'CREATE DATABASE shop OWNER clerk');
      await database.query(
        'shop',
        "CREATE TABLE orders AS SELECT i AS id, repeat('Zoë ☃ 𝄞 ', 100) AS note FROM generate_series(1, 10000) i",
      );
      await database.query('shop', 'ALTER TABLE orders OWNER TO clerk');
    },
    env: (folder) => ({ PGHOST: folder, PGUSER: 'postgres' }),
    server: 'postgres',
  },
];

for (const { sample, skip, start, fill, env, server } of CASES) {
  suite(`samples/${sample}.jsonc`, { skip }, () => {
    let directory = '';
    let scratch = '';
    let root = '';
    let config = '';
    let copy = '';
    let source: Database;
    const text = readFileSync(join(TOP, `samples/${sample}.jsonc`), 'utf8');

    const palhm = (...args: string[]): RunningPalhm =>
      startPalhm(['-f', config, '--log-format', 'json', ...args], {
        env: { ...env(join(directory, 'source')), TMPDIR: scratch },
      });
    const connect = (own: string): string =>
      own.replace('"argv": ["--databases"', () => {
        const to = source.connect.map((word) => JSON.stringify(word));
        return `"argv": [${to.join(', ')}, "--databases"`;
      });
    const writeConfig = (change: (text: string) => string): void => {
      const own = text.replace('"../conf.d/core.json"', JSON.stringify(CORE));
      const here = own.replace('"/media/backup/shop"', JSON.stringify(root));
      // Every copy is kept, so that a backup takes none away from a drill.
      writeFileSync(config, change(connect(here).replace(COUNT, '"nb-copy-limit": 99')));
    };
    /** Neither a directory nor a process of any drill. */
    const assertGone = async (): Promise<void> => {
      assert.deepEqual(readdirSync(scratch), []);
      const { stdout } = await promisify(execFile)('ps', ['-eo', 'args']);
      const left = stdout.split('\n').filter((line) => line.includes(scratch));
      assert.deepEqual(left, []);
      assert.deepEqual(
        readdirSync('/proc').filter((pid) => workingDirectoryOf(pid).startsWith(scratch)),
        [],
      );
    };
    const record = (): { result: string; problem: string | null; at: string } =>
      JSON.parse(readFileSync(join(root, copy, '.palhm-drill.json'), 'utf8'));

    before(async () => {
      directory = mkdtempSync(join(tmpdir(), 'palhm-drills-'));
      chmodSync(directory, 0o755);
      scratch = join(directory, 'tmp');
      mkdirSync(scratch);
      root = join(directory, 'root');
      config = join(directory, 'palhm.jsonc');
      source = await start(join(directory, 'source'));
      await fill(source);
      writeConfig((same) => same);
      const ran = await palhm('run', 'backup').ended;
      assert.equal(ran.code, 0, ran.stderr);
      copy = readdirSync(root).find((name) => !name.startsWith('.')) ?? '';
    });
    beforeEach(() => writeConfig((same) => same));
    after(async () => {
      await source?.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    test('restores, counts the rows, records that, leaves nothing behind', async () => {
      const drill = palhm('drill', 'backup');
      const ended = await drill.ended;
      assert.equal(ended.code, 0, ended.stderr);
      assert.match(printed(drill), /^ *10000 orders$/m);
      assert.equal(record().result, 'passed');
      assert.equal(record().problem, null);
      await assertGone();
      assert.match(await source.query('shop', 'SELECT COUNT(*) FROM orders'), /10000/);
    });

    test('two at once do not disturb each other, nor a backup that runs meanwhile', async () => {
      const runs = [palhm('drill', 'backup'), palhm('drill', 'backup'), palhm('run', 'backup')];
      const ended = await Promise.all(runs.map((run) => run.ended));
      assert.deepEqual(
        ended.map(({ code }) => code),
        [0, 0, 0],
        ended.map(({ stderr }) => stderr).join('\n'),
      );
      await assertGone();
    });

    test('fails when the table has lost its rows', async () => {
      writeConfig((own) =>
        own.replace('FROM shop.orders', 'FROM shop.lost').replace(' FROM orders"', ' FROM lost"'),
      );
      const ended = await palhm('drill', 'backup', '--copy', copy).ended;
      assert.equal(ended.code, 4, ended.stderr);
      assert.match(record().problem ?? '', /^check 1 of 1: (sh|psql) exited with status 1 after /);
      assert.match(failureOf(ended), /lost/);
      await assertGone();
    });

    test('SIGTERM in the middle of the restore: cleaned up, server gone, nothing recorded', async () => {
      const recorded = record().at;
      // Feeds the client a first part, then nothing.
      const restoring = '"restore": [{ "object": OBJECT, "pipeline": [STUCK] },';
      writeConfig((own) =>
        own.replace(
          '"restore": [',
          restoring
            .replace('OBJECT', /"object": ("[^"]+")/.exec(own)?.[1] ?? '')
            .replace(
              'STUCK',
              '{ "type": "exec-inline", "argv": ["sh", "-c", "head -c 100 >/dev/null; exec sleep 1000"] }',
            ),
        ),
      );
      const drill = palhm('-vv', 'drill', 'backup', '--copy', copy);
      await drill.event('object-progress', 2);
      const { stdout } = await promisify(execFile)('ps', ['-eo', 'comm']);
      assert.match(stdout, new RegExp(`^${server}`, 'm'));
      drill.child.kill('SIGTERM');
      const ended = await drill.ended;
      assert.equal(ended.code, 143, ended.stderr);
      assert.equal(record().at, recorded);
      await assertGone();
    });

    test('kill -9 of palhm: the next drill ends the server and removes the directory', async () => {
      const drill = palhm('-vv', 'drill', 'backup');
      await drill.event('drill-step-started', 3);
      drill.child.kill('SIGKILL');
      await drill.ended;
      assert.equal(readdirSync(scratch).length, 1);
      const next = palhm('drill', 'backup');
      const ended = await next.ended;
      assert.equal(ended.code, 0, ended.stderr);
      const removed = next.events().find(({ event }) => event === 'leftover-removed');
      assert.ok(Number(removed?.['processes']) >= 1, JSON.stringify(removed));
      await assertGone();
    });
  });
}

function workingDirectoryOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

function printed(run: RunningPalhm): string {
  const lines = run.events().filter(({ stream }) => stream === 'stdout');
  return lines.map(({ line }) => String(line)).join('\n');
}

function failureOf({ stderr }: Ended): string {
  return stderr.split('\n').find((line) => line.includes('"event":"failed"')) ?? '';
}
