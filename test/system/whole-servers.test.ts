/**
 * A whole server dumped by conf.d/core.json and brought back into an empty one by the exec's inverse: databases, users and
 * what they may. Debian packages: mariadb-server mariadb-client postgresql util-linux.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { coreExec, type Given, outputOf, whyMissing } from '../shipped/core.js';
import { type Database, runClient } from './database.js';
import { MARIADB_PROGRAMS, startMariadb } from './mariadb.js';
import { POSTGRES_PROGRAMS, startPostgres, whyNoPostgres } from './postgres.js';

let directory = '';
const running: Database[] = [];
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'palhm-servers-'));
  chmodSync(directory, 0o755);
});
after(async () => {
  await Promise.all(running.map((database) => database.stop()));
  rmSync(directory, { recursive: true, force: true });
});

/** Two servers, the second one empty. */
async function startTwo(
  start: (folder: string) => Promise<Database>,
  name: string,
): Promise<[Database, Database]> {
  const one = await start(join(directory, name));
  running.push(one);
  const other = await start(join(directory, `${name}-empty`));
  running.push(other);
  return [one, other];
}

function carryOver(id: string, from: Given, to: Database): void {
  const exec = coreExec(id);
  const input = outputOf(exec, from);
  assert.ok(exec.inverse);
  outputOf(exec.inverse, { append: to.connect, input });
}

/** What the head of samples/database-host.jsonc tells people to grant. */
const RIGHTS = 'SELECT, SHOW VIEW, TRIGGER, EVENT, PROCESS';
const mariadbSkip = whyMissing('setpriv', ...MARIADB_PROGRAMS);
for (const id of ['mariadb-dump', 'mysqldump']) {
  const skip = mariadbSkip || whyMissing(id);
  test(`${id}: databases, routines, users and their rights`, { skip }, async () => {
    const [lost, fresh] = await startTwo(startMariadb, id);
    await lost.query(
      'mysql',
      "CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE TABLE shop.orders (note VARCHAR(20)); INSERT INTO shop.orders VALUES ('Zoë ☃ 𝄞');" +
        "CREATE FUNCTION shop.one() RETURNS INT DETERMINISTIC RETURN 1; CREATE USER clerk@localhost IDENTIFIED BY 'secret';" +
        'GRANT SELECT, EXECUTE ON shop.* TO clerk@localhost;' +
        "CREATE USER backup@localhost IDENTIFIED BY 'of the backup';" +
        `GRANT ${RIGHTS} ON *.* TO backup@localhost`,
    );
    const append = lost.connect.map((word) => word.replace('--user=root', '--user=backup'));
    carryOver(id, { append, env: { MYSQL_PWD: 'of the backup' } }, fresh);
    const clerk = fresh.client('shop').map((word) => word.replace('--user=root', '--user=clerk'));
    const select = '--execute=SELECT note, one() FROM orders';
    assert.equal(await runClient([...clerk, '--password=secret', select]), 'Zoë ☃ 𝄞\t1\n');
  });
}

const postgresSkip = whyMissing('setpriv', ...POSTGRES_PROGRAMS) || whyNoPostgres();
suite('pg_dumpall', { skip: postgresSkip }, () => {
  let lost: Database;
  let fresh: Database;
  before(async () => {
    [lost, fresh] = await startTwo(startPostgres, 'postgres');
    await lost.query('postgres', 'CREATE ROLE clerk LOGIN');
    await lost.query('postgres', 'CREATE DATABASE shop OWNER clerk');
    await lost.query('shop', "CREATE TABLE orders AS SELECT 'Zoë ☃ 𝄞' AS note");
    await lost.query('shop', 'GRANT SELECT ON orders TO clerk');
  });

  test('roles alone', () => {
    const sql = outputOf(coreExec('pg_dumpall-globals'), { append: lost.connect }).toString();
    assert.match(sql, /^CREATE ROLE clerk;$/m);
    assert.doesNotMatch(sql, /orders/);
  });

  test('databases, roles and their rights', async () => {
    carryOver('pg_dumpall', { append: lost.connect }, fresh);
    const clerk = fresh
      .client('shop')
      .map((word) => word.replace('--username=postgres', '--username=clerk'));
    assert.equal(await runClient([...clerk, '--command=SELECT note FROM orders']), 'Zoë ☃ 𝄞\n');
  });
});
