/** The `hold` of a freeze that ships, on a real MariaDB. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { NO_HOOKS } from '../../src/config/plan/hooks.js';
import type { ExecPlan } from '../../src/config/plan/plan.js';
import { runContext } from '../../src/run/objects/run-context.js';
import { whileFrozen } from '../../src/run/snapshots/freeze.js';
import { execPlan } from '../rig/plans.js';
import { openStand, type Stand } from '../rig/stand.js';
import { coreExec, whyMissing } from '../shipped/core.js';
import type { Database } from './database.js';
import { MARIADB_PROGRAMS, startMariadb } from './mariadb.js';

suite('mariadb-hold-lock', { skip: whyMissing('setpriv', ...MARIADB_PROGRAMS) }, () => {
  let directory: string;
  let database: Database;
  let stand: Stand;
  before(async () => {
    stand = openStand();
    directory = mkdtempSync(join(tmpdir(), 'palhm-hold-'));
    chmodSync(directory, 0o755);
    database = await startMariadb(join(directory, 'mariadb'));
    await database.query('mysql', 'CREATE DATABASE d; CREATE TABLE d.t (i INT) ENGINE=Aria');
  });
  after(async () => {
    await database.stop();
    rmSync(directory, { recursive: true });
    stand.close();
  });

  const write = (): Promise<string> =>
    database.query('d', 'SET lock_wait_timeout = 1; INSERT INTO t VALUES (1)');

  test('nobody writes while it holds, and everybody after it', async () => {
    const operation = stand.operation([]);
    const argv = [...coreExec('mariadb-hold-lock').argv, ...database.connect];
    const { signal } = new AbortController();
    const context = { ...runContext(operation, { task: 't' }), environment: {} };
    const hooked = { part: 'group', name: 'g', hooks: NO_HOOKS, context, signal } as const;
    const place = { file: 'test.jsonc', line: 1, column: 1 };
    const frozen: number[] = [];
    const freeze = (exec: ExecPlan) =>
      whileFrozen(
        operation,
        {
          hooked,
          plan: { place, max: { ms: 60_000 }, means: { type: 'hold', exec, output: [] } },
          onThawed: (ms) => void frozen.push(ms),
          onPrinted: () => undefined,
        },
        () => assert.rejects(write()),
      );
    const { problem } = await freeze(execPlan(argv));
    assert.equal(problem, undefined);
    assert.ok(Number(frozen[0]) > 1000);
    await write();
    assert.equal(await database.query('d', 'SELECT COUNT(*) FROM t'), '1\n');
    // A client that cannot connect ends it at once.
    await assert.rejects(
      freeze(execPlan([...argv, '--port=x', '--unknown'])),
      /which was to go on/,
    );
  });
});
