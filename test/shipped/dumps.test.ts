/** The dumps and host facts of conf.d/core.json that need no server of their own, or a small one. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { makeScratch } from '../rig/scratch.js';
import { coreExec, outputOf, runProgram, whyMissing } from './core.js';

const directory = makeScratch();

suite('sqlite', { skip: whyMissing('sqlite3', 'awk') }, () => {
  let live = '';
  let broken = '';
  const sql = (file: string, ...commands: readonly string[]): string =>
    outputOf({ argv: ['sqlite3', '-batch', '-bail', file, ...commands] }).toString();
  before(() => {
    live = join(directory, "it's live.db");
    broken = join(directory, 'broken.db');
    const fill =
      'CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c BLOB, d REAL); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL ' +
      'SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT i, hex(randomblob(50)), randomblob(9), random() / 7.0 FROM n;';
    sql(live, `PRAGMA journal_mode=WAL; PRAGMA user_version=7; ${fill}`);
    sql(broken, fill);
    const bytes = readFileSync(broken);
    writeFileSync(broken, bytes.fill(0xff, 4096 * 20, 4096 * 25));
  });

  const ROWS = 'SELECT a, b, hex(c), d FROM t ORDER BY a';

  test('the file of a database in use, with writes that are in its log alone', async () => {
    const writer = spawn('sqlite3', ['-batch', live], { stdio: ['pipe', 'pipe', 'inherit'] });
    writer.stdin.write("INSERT INTO t VALUES (9999, 'last', NULL, NULL); SELECT 'written';\n");
    await once(writer.stdout, 'data');
    const scratch = mkdtempSync(join(directory, 'tmp-'));
    const copy = join(directory, 'copy.db');
    writeFileSync(copy, outputOf(coreExec('sqlite'), { append: [live], env: { TMPDIR: scratch } }));
    writer.stdin.end();
    await once(writer, 'close');
    assert.match(sql(copy, ROWS), /^9999\|last/m);
    assert.equal(sql(copy, ROWS), sql(live, ROWS));
    assert.equal(sql(copy, 'PRAGMA user_version; PRAGMA integrity_check'), '7\nok\n');
    assert.deepEqual(readdirSync(scratch), []);
  });

  test('the SQL text, and a database made of it', () => {
    const text = outputOf(coreExec('sqlite-dump'), { append: [live] });
    const copy = join(directory, 'from-text.db');
    outputOf({ argv: ['sqlite3', '-batch', '-bail', copy] }, { input: text });
    assert.equal(sql(copy, ROWS), sql(live, ROWS));
  });

  for (const id of ['sqlite', 'sqlite-dump']) {
    test(`${id} fails when there is no such database, and makes none`, () => {
      const absent = join(directory, 'absent.db');
      assert.notEqual(runProgram(coreExec(id), { append: [absent] }).status, 0);
      assert.equal(existsSync(absent), false);
    });
    test(`${id} fails on a damaged database`, () => {
      assert.notEqual(runProgram(coreExec(id), { append: [broken] }).status, 0);
    });
    test(`${id} fails when no database is named`, () => {
      assert.match(runProgram(coreExec(id)).stderr, /append the path of the database/);
    });
  }
});

suite('redis', { skip: whyMissing('redis-server', 'redis-cli', 'redis-check-rdb') }, () => {
  let server: ReturnType<typeof spawn> | undefined;
  let socket = '';
  before(async () => {
    socket = join(directory, 'redis');
    const options = ['--port', '0', '--unixsocket', socket, '--dir', directory, '--save', ''];
    const started = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
    server = started;
    for await (const line of started.stdout) if (/ready to accept/i.test(String(line))) break;
    outputOf({ argv: ['redis-cli', '-s', socket, 'set', 'key', 'a value of some length'] });
  });
  after(async () => {
    if (server?.kill()) await once(server, 'close');
  });

  test('the data base of a running server', () => {
    const rdb = outputOf(coreExec('redis'), { append: ['-s', socket] });
    const file = join(directory, 'dump.rdb');
    writeFileSync(file, rdb);
    assert.match(outputOf({ argv: ['redis-check-rdb', file] }).toString(), /1 keys read/);
    assert.ok(rdb.includes('a value of some length'));
  });
  test('fails when there is no server', () => {
    assert.notEqual(runProgram(coreExec('redis'), { append: ['-s', `${socket}-not`] }).status, 0);
  });
});

test('tar and back', { skip: whyMissing('tar') }, () => {
  const from = mkdtempSync(join(directory, 'from-'));
  const to = mkdtempSync(join(directory, 'to-'));
  writeFileSync(join(from, 'file'), 'text', { mode: 0o751 });
  const exec = coreExec('tar');
  assert.ok(exec.inverse);
  const input = outputOf(exec, { append: ['-C', from, '.'] });
  outputOf(exec.inverse, { input, cwd: to });
  assert.equal(readFileSync(join(to, 'file'), 'utf8'), 'text');
});

suite('host facts', () => {
  const facts: readonly (readonly [string, RegExp])[] = [
    ['os-release', /^ID=/m],
    ['lsblk-all-json', /"blockdevices"/],
    ['dpkg-list-installed', /^ii +dpkg /m],
    ['dpkg-selections', /^dpkg\s+install$/m],
  ];
  for (const [id, expected] of facts) {
    const exec = coreExec(id);
    test(id, { skip: whyMissing(exec.argv[0] ?? '') }, () => {
      assert.match(outputOf(exec).toString(), expected);
    });
  }
  test('rpm-list-installed separates by tabs', { skip: whyMissing('rpm') }, () => {
    const { status, stdout } = runProgram(coreExec('rpm-list-installed'));
    assert.equal(status, 0);
    assert.match(stdout.toString(), /^(?:[^\t\n]+\t[^\t\n]+\t[^\t\n]+\n)*$/);
  });
  test('null-stdout-sink and grep-any pass for what they are', () => {
    const input = Buffer.from('text\n');
    assert.equal(outputOf(coreExec('grep-any'), { input }).toString(), 'text\n');
    assert.equal(runProgram(coreExec('grep-any')).status, 1);
  });
});
