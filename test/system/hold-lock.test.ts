/** The programs that ship for the `hold` of a freeze, on a real MariaDB. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { FreezeMeans } from '../../src/config/plan/plan.js';
import { execPlan } from '../rig/plans.js';
import { openStand, type Stand } from '../rig/stand.js';
import { freezeIn } from '../run/snapshots/freezing.js';
import { coreExec, whyMissing } from '../shipped/core.js';
import type { Database } from './database.js';
import { MARIADB_PROGRAMS, startMariadb } from './mariadb.js';

const MAX = { maxMs: 60_000 };

suite('a hold of MariaDB', { skip: whyMissing('setpriv', ...MARIADB_PROGRAMS) }, () => {
  let directory: string;
  let database: Database;
  let stand: Stand;
  before(async () => {
    stand = openStand();
    directory = mkdtempSync(join(tmpdir(), 'palhm-hold-'));
    chmodSync(directory, 0o755);
    database = await startMariadb(join(directory, 'mariadb'));
    await database.query(
      'mysql',
      'CREATE DATABASE d; CREATE TABLE d.myisam (i INT) ENGINE=MyISAM; CREATE TABLE d.innodb (i INT) ENGINE=InnoDB; INSERT INTO d.innodb VALUES (0)',
    );
  });
  after(async () => {
    await database.stop();
    rmSync(directory, { recursive: true });
    stand.close();
  });

  const write = (what: string): Promise<string> =>
    database.query('d', `SET lock_wait_timeout = 1; ${what}`);
  const holdBy = (id: string, ...more: readonly string[]): FreezeMeans => {
    const exec = execPlan([...coreExec(id).argv, ...database.connect, ...more]);
    return { type: 'hold', exec, output: [] };
  };
  const rows = (table: string): Promise<string> =>
    database.query('d', `SELECT COUNT(*) FROM ${table}`);

  for (const id of ['mariadb-hold-lock', 'mariadb-hold-stage']) {
    test(`${id}: nobody writes while it holds, and everybody after it`, async () => {
      const tables = ['myisam', 'innodb'];
      const old = await Promise.all(tables.map(rows));
      const { end, frozenMs } = await freezeIn(stand)(
        holdBy(id),
        async () => {
          for (const table of tables)
            await assert.rejects(write(`INSERT INTO ${table} VALUES (1)`), table);
          await assert.rejects(write('CREATE TABLE new (i INT)'));
          assert.deepEqual(await Promise.all(tables.map(rows)), old);
        },
        MAX,
      );
      assert.equal(end.problem, undefined);
      assert.ok(Number(frozenMs) > 1000);
      for (const table of tables) await write(`INSERT INTO ${table} VALUES (1)`);
    });
    test(`${id}: ends at once when its client does`, async () => {
      const means = holdBy(id, '--port=x', '--unknown');
      await assert.rejects(
        freezeIn(stand)(means, () => Promise.resolve(), MAX),
        /which was to go on/,
      );
    });
  }

  /** Waits until the server answers this with 1. */
  const until = async (question: string): Promise<void> => {
    while ((await database.query('mysql', `SELECT ${question}`)) !== '1\n');
  };
  const runs = (condition: string): Promise<void> =>
    until(`COUNT(*) FROM information_schema.processlist WHERE ${condition}`);

  test('mariadb-hold-stage does not wait for a long write, mariadb-hold-lock does', async () => {
    const [program = '', ...args] = database.client('d');
    const keeper = spawn(program, args, { stdio: ['pipe', 'ignore', 'inherit'] });
    keeper.stdin.write("SELECT GET_LOCK('keep', 60);\n");
    await until("IS_USED_LOCK('keep') IS NOT NULL");
    const update = "UPDATE innodb SET i = i + GET_LOCK('keep', 60) LIMIT 1";
    const writing = database.query('d', update);
    const writes = "info LIKE 'UPDATE innodb%' AND state = 'User lock'";
    await runs(writes);
    const staged = await freezeIn(stand)(holdBy('mariadb-hold-stage'), () => runs(writes), MAX);
    assert.equal(staged.end.problem, undefined);
    let isOver = false;
    const locked = freezeIn(stand)(holdBy('mariadb-hold-lock'), () => Promise.resolve(isOver), MAX);
    await runs("info LIKE 'FLUSH TABLES%' AND state LIKE 'Waiting for%'");
    isOver = true;
    keeper.stdin.end();
    await writing;
    assert.equal((await locked).end.value, true);
  });
});
