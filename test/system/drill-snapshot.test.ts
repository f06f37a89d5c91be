/**
 * The samples of drills that restore all files of a server from a snapshot of btrfs, with real servers that never stop writing:
 * what a server of the drill finds on them is what had been written at one instant. Debian packages: btrfs-progs mount
 * mariadb-server mariadb-client postgresql zstd.
 */
import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type Btrfs, makeBtrfs, snapshotsIn, whyNoBtrfs } from '../rig/btrfs.js';
import { startPalhm } from '../rig/palhm.js';
import { CORE, TOP, whyMissing } from '../shipped/core.js';
import type { Database } from './database.js';
import { MARIADB_PROGRAMS, startMariadb } from './mariadb.js';
import { POSTGRES_PROGRAMS, startPostgres, whyNoPostgres } from './postgres.js';

interface Case {
  readonly sample: string;
  readonly skip: string | false;
  /** What the sample says of the source. */
  readonly subvolume: string;
  readonly start: (folder: string) => Promise<Database>;
  readonly admin: string;
  /** What lets the server write out each commit at once. */
  readonly durable: string;
}

const CASES: readonly Case[] = [
  {
    sample: 'drill-mariadb-btrfs',
    skip: whyMissing('setpriv', 'zstd', ...MARIADB_PROGRAMS) || whyNoBtrfs(),
    subvolume: '/var/lib/mysql',
    start: startMariadb,
    admin: 'mysql',
    durable: 'SET GLOBAL innodb_flush_log_at_trx_commit = 1',
  },
  {
    sample: 'drill-postgresql-btrfs',
    skip: whyMissing('setpriv', 'zstd', ...POSTGRES_PROGRAMS) || whyNoPostgres() || whyNoBtrfs(),
    subvolume: '/var/lib/postgresql/15/main',
    start: startPostgres,
    admin: 'postgres',
    durable: 'ALTER SYSTEM SET synchronous_commit = on',
  },
];

for (const { sample, skip, subvolume, start, admin, durable } of CASES) {
  suite(`samples/${sample}.jsonc`, { skip }, () => {
    let directory = '';
    let btrfs: Btrfs;
    let source: Database;
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
      const text = readFileSync(join(TOP, `samples/${sample}.jsonc`), 'utf8')
        .replace('"../conf.d/core.json"', JSON.stringify(CORE))
        .replace(/"root": "[^"]+"/, `"root": ${JSON.stringify(join(directory, 'root'))}`)
        .replace(`"${subvolume}"`, JSON.stringify(btrfs.data))
        .replace('"/srv/.snapshots"', JSON.stringify(join(btrfs.top, 'snapshots')))
        // The subvolume of the sample is the directory of the server itself.
        .replace(
          '{ "snapshot": "path" }',
          '{ "concat": [{ "snapshot": "path" }, "/source/data"] }',
        );
      writeFileSync(join(directory, 'palhm.jsonc'), text);
    });
    after(async () => {
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
    });
  });
}
