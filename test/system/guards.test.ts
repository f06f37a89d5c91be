/** What a real dump ends with, and one that was cut off by a script that hides it. Packages: mariadb-server mariadb-client zstd. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { CORE, TOP, whyMissing } from '../shipped/core.js';
import type { Database } from './database.js';
import { MARIADB_PROGRAMS, startMariadb } from './mariadb.js';

const skip = whyMissing('setpriv', 'zstd', ...MARIADB_PROGRAMS);

suite('"-- Dump completed" of mariadb-dump', { skip }, () => {
  let directory = '';
  let mariadb: Database;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'palhm-guards-'));
    chmodSync(directory, 0o755);
    mariadb = await startMariadb(join(directory, 'mariadb'));
    await mariadb.fill();
  });
  after(async () => {
    await mariadb?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const runBackup = (root: string, pipeline: readonly object[]) => {
    const config = join(directory, 'palhm.json');
    const expect = { 'min-size': '1 MiB', 'ends-with': '-- Dump completed' };
    const task = {
      id: 'backup',
      type: 'backup',
      backend: 'localfs',
      'backend-param': { root },
      objects: [{ path: 'shop.sql.zst', pipeline, expect }],
    };
    writeFileSync(config, JSON.stringify({ include: [CORE], tasks: [task] }));
    const args = [join(TOP, 'bin/palhm.js'), '-f', config, 'run', 'backup'];
    return spawnSync(process.execPath, args, { encoding: 'utf8' });
  };
  const copiesIn = (root: string): readonly string[] =>
    readdirSync(root).filter((name) => !name.startsWith('.'));
  const dump = (more: readonly string[]): object => ({
    type: 'exec-append',
    'exec-id': 'mariadb-dump-database',
    argv: [...mariadb.connect, ...more, 'shop'],
  });
  const ZSTD = { type: 'exec', 'exec-id': 'zstd' };

  for (const more of [[], ['--skip-dump-date']]) {
    test(`is there with ${more.join() || 'its date'}`, () => {
      const root = join(directory, `whole${more.join()}`);
      const ran = runBackup(root, [dump(more), ZSTD]);
      assert.equal(ran.status, 0, ran.stderr);
      assert.equal(copiesIn(root).length, 1);
    });
  }

  test('is not there when the server was killed and the script says that all is well', () => {
    const root = join(directory, 'cut');
    const script = `mariadb-dump --no-defaults ${mariadb.connect.join(' ')} shop; exit 0`;
    const killer = `head -c 5000000; kill -s KILL ${mariadb.pid}; exec cat`;
    const ran = runBackup(root, [
      { type: 'exec-inline', argv: ['sh', '-c', script] },
      { type: 'exec-inline', argv: ['sh', '-c', killer] },
      ZSTD,
    ]);
    assert.equal(ran.status, 1, ran.stderr);
    assert.match(ran.stderr, /object "shop.sql.zst" in group "default" +GUARD_FAILED/);
    assert.match(
      ran.stderr,
      /stage 1, sh, wrote [\d.]+ MiB, and it does not end with "-- Dump completed"/,
    );
    assert.match(ran.stderr, /The copy was rolled back/);
    assert.deepEqual(copiesIn(root), []);
  });
});
