/**
 * The samples of drills that restore all files of a server from a snapshot of btrfs, with real servers that never stop writing:
 * what a server of the drill finds on them is what had been written at one instant. Debian packages: btrfs-progs mount
 * mariadb-server mariadb-client postgresql zstd.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { applyEdits, modify } from 'jsonc-parser';
import { type Btrfs, makeBtrfs, snapshotsIn, whyNoBtrfs } from '../rig/btrfs.js';
import { hashTree } from '../rig/copies.js';
import { startPalhm } from '../rig/palhm.js';
import { CORE, TOP, whyMissing } from '../shipped/core.js';
import type { Database } from './database.js';
import { MARIADB_PROGRAMS, startMariadb } from './mariadb.js';
import { POSTGRES_PROGRAMS, startPostgres, whyNoPostgres } from './postgres.js';
import { findIds } from './server.js';

interface Case {
  readonly sample: string;
  readonly skip: string | false;
  /** What the sample says of the source. */
  readonly subvolume: string;
  readonly start: (folder: string) => Promise<Database>;
  /** Its user, and its own database. */
  readonly admin: string;
  /** What lets the server write out each commit at once. */
  readonly durable: string;
  /** Asks the server to write to `outside`, or to this port, from its next start on. */
  readonly reachOut: (outside: string, port: number) => readonly string[];
  /** Makes tables with files in `outside`. */
  readonly elsewhere: (outside: string) => readonly string[];
  /** What names them. */
  readonly refusal: RegExp;
}

const CASES: readonly Case[] = [
  {
    sample: 'drill-mariadb-btrfs',
    skip: whyMissing('setpriv', 'zstd', ...MARIADB_PROGRAMS) || whyNoBtrfs(),
    subvolume: '/var/lib/mysql',
    start: startMariadb,
    admin: 'mysql',
    durable: 'SET GLOBAL innodb_flush_log_at_trx_commit = 1',
    reachOut: (_outside, port) => [
      `CHANGE MASTER TO master_host='127.0.0.1', master_port=${port}, master_user='nobody'`,
    ],
    elsewhere: (outside) =>
      ['InnoDB', 'MyISAM'].map(
        (engine) =>
          `CREATE TABLE shop.${engine} (id INT) ENGINE=${engine} DATA DIRECTORY='${outside}' AS SELECT 1 AS id`,
      ),
    refusal: /files of the server elsewhere: (?=.*\/shop\/InnoDB\.isl;).*\/shop\/MyISAM\.MYD -> /,
  },
  {
    sample: 'drill-postgresql-btrfs',
    skip: whyMissing('setpriv', 'zstd', ...POSTGRES_PROGRAMS) || whyNoPostgres() || whyNoBtrfs(),
    subvolume: '/var/lib/postgresql/15/main',
    start: startPostgres,
    admin: 'postgres',
    durable: 'ALTER SYSTEM SET synchronous_commit = on',
    reachOut: (outside) => [
      'ALTER SYSTEM SET archive_mode = on',
      `ALTER SYSTEM SET archive_command = 'cp %p ${outside}'`,
    ],
    elsewhere: (outside) => [
      `CREATE TABLESPACE away LOCATION '${outside}'`,
      'CREATE TABLE away (id) TABLESPACE away AS SELECT 1',
    ],
    refusal: /files of the server elsewhere: \S+\/pg_tblspc\/\d+ -> /,
  },
];

for (const { sample, skip, subvolume, start, admin, durable, ...server } of CASES) {
  suite(`samples/${sample}.jsonc`, { skip }, () => {
    let directory = '';
    let btrfs: Btrfs;
    let source: Database;
    /** Where the server has files besides its data directory. */
    let outside = '';
    let calls = 0;
    const other = createServer((socket) => {
      calls += 1;
      socket.destroy();
    });
    const count = async (): Promise<number> =>
      Number(await source.query('shop', 'SELECT COUNT(*) FROM orders'));

    const palhm = (...args: string[]) => {
      const options = ['-f', join(directory, 'palhm.jsonc'), '--log-format', 'json'];
      return startPalhm([...options, ...args], { env: { TMPDIR: join(directory, 'tmp') } });
    };

    before(async () => {
      directory = mkdtempSync(join(tmpdir(), 'palhm-drills-'));
      chmodSync(directory, 0o755);
      mkdirSync(join(directory, 'tmp'));
      btrfs = makeBtrfs(1024);
      // The user of the server has to come there.
      const own = dirname(btrfs.image);
      for (const path of [dirname(own), own]) chmodSync(path, 0o755);
      mkdirSync(join(btrfs.top, 'snapshots'));
      source = await start(join(btrfs.data, 'source'));
      await source.query(admin, durable);
      await source.query(admin, 'CREATE DATABASE shop');
      await source.query('shop', 'CREATE TABLE orders (id INT PRIMARY KEY, note TEXT)');
      await source.query('shop', "INSERT INTO orders VALUES (0, 'first')");
      outside = join(directory, 'outside');
      mkdirSync(outside);
      const { uid, gid } = findIds(admin);
      chownSync(outside, uid, gid);
      const port = await listen(other);
      for (const sql of server.reachOut(outside, port)) await source.query(admin, sql);
      const text = readFileSync(join(TOP, `samples/${sample}.jsonc`), 'utf8')
        .replace('"../conf.d/core.json"', JSON.stringify(CORE))
        .replace(/"root": "[^"]+"/, `"root": ${JSON.stringify(join(directory, 'root'))}`)
        .replace(`"${subvolume}"`, JSON.stringify(btrfs.data))
        .replace('"/srv/.snapshots"', JSON.stringify(join(btrfs.top, 'snapshots')))
        // The subvolume of the sample is the directory of the server itself.
        .replaceAll(
          '{ "snapshot": "path" }',
          '{ "concat": [{ "snapshot": "path" }, "/source/data"] }',
        );
      writeFileSync(join(directory, 'palhm.jsonc'), text);
    });
    after(async () => {
      other.close();
      await source?.stop();
      btrfs?.remove();
      rmSync(directory, { recursive: true, force: true });
    });

    test('a server starts on the files, and has what was written at one instant', async () => {
      const over = new AbortController();
      const writing = (async () => {
        for (let id = 1; !over.signal.aborted; id++)
          await source.query('shop', `INSERT INTO orders VALUES (${id}, '${'x'.repeat(900)}')`);
      })();
      const run = palhm('run', 'backup');
      const atStart = await count();
      assert.ok(await run.event('snapshot-taken'));
      const atEnd = await count();
      const ran = await run.ended;
      over.abort();
      await writing;
      assert.equal(ran.code, 0, ran.stderr);
      assert.deepEqual(snapshotsIn(btrfs.top), []);
      const drill = palhm('drill', 'backup');
      const drilled = await drill.ended;
      assert.equal(drilled.code, 0, drilled.stderr);
      const lines = drill
        .events()
        .flatMap(({ stream, line }) => (stream === 'stdout' ? [line] : []));
      const orders = Number(/^ *(\d+) orders$/m.exec(lines.join('\n'))?.[1]);
      assert.ok(orders >= atStart && orders <= atEnd, `${atStart} <= ${orders} <= ${atEnd}`);
      assert.deepEqual(readdirSync(join(directory, 'tmp')), []);
      assert.deepEqual(readdirSync(outside), []);
      assert.equal(calls, 0);
    });
    test('a server with files elsewhere gets neither a copy nor a drill, which would write to them', async () => {
      for (const sql of server.elsewhere(outside)) await source.query(admin, sql);
      const refused = await palhm('run', 'backup').ended;
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, server.refusal);
      const config = join(directory, 'palhm.jsonc');
      const text = readFileSync(config, 'utf8');
      const snapshot = ['tasks', 0, 'object-groups', 0, 'snapshot', 'after-snapshot'];
      writeFileSync(config, applyEdits(text, modify(text, snapshot, undefined, {})));
      const ran = await palhm('run', 'backup').ended;
      assert.equal(ran.code, 0, ran.stderr);
      await source.stop();
      const atFirst = hashTree(outside);
      const drilled = await palhm('drill', 'backup').ended;
      assert.deepEqual(hashTree(outside), atFirst);
      assert.equal(drilled.code, 4);
      assert.match(drilled.stderr, server.refusal);
    });
  });
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a server that listens on a port
  return (server.address() as AddressInfo).port;
}
