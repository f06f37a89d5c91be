/**
 * samples/postgresql-files.jsonc, with a real PostgreSQL that is written to all the time: the files that are restored start, and have
 * everything up to the stop; without the label they do not. Debian packages: postgresql, tar, zstd.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { parse } from 'jsonc-parser';
import { readWholeCopy } from '../rig/copies.js';
import { callPalhm, type Ended } from '../rig/palhm.js';
import { CORE, TOP, whyMissing } from '../shipped/core.js';
import type { Database } from './database.js';
import { POSTGRES_PROGRAMS, serveData, startPostgres, whyNoPostgres } from './postgres.js';
import { findIds } from './server.js';

/** Each transaction writes one record to two tables, one of them in another table space, and changes a third. */
const SETUP = `
CREATE TABLE a (n bigint PRIMARY KEY, hash text, note text);
CREATE TABLE b (n bigint PRIMARY KEY, hash text) TABLESPACE fast;
CREATE TABLE newest (n bigint);
INSERT INTO newest VALUES (0);
CREATE TABLE late (n int);
CREATE PROCEDURE write() LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1..1000000000 LOOP
    INSERT INTO a VALUES (i, md5(i::text), repeat(md5(random()::text), 30));
    INSERT INTO b VALUES (i, md5(i::text));
    UPDATE newest SET n = i;
    COMMIT;
  END LOOP;
END $$;
`;
/** One line: the records in both tables, whether all are right and none is missing, the newest. */
const CHECK = `
SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b), (SELECT n FROM newest),
  (SELECT bool_and(hash = md5(n::text)) FROM a) AND (SELECT bool_and(hash = md5(n::text)) FROM b)
    AND (SELECT max(n) = count(*) FROM a), (SELECT count(*) FROM late);
`;
/** In the middle of the copy: what is written before the checkpoint is not in the files that are copied already. */
const LATE = 'INSERT INTO late VALUES (1)';

const skip =
  whyMissing('setpriv', 'zstd', 'tar', ...POSTGRES_PROGRAMS) ||
  whyNoPostgres() ||
  (process.getuid?.() !== 0 && 'needs root, to be postgres');

suite('samples/postgresql-files.jsonc', { skip }, () => {
  let directory: string;
  let config: string;
  let root: string;
  let source: Database;
  let writer: ChildProcess;
  const tableSpace = (): string => join(directory, 'fast');
  const palhm = (...args: readonly string[]): Promise<Ended> =>
    callPalhm(['-f', config, ...args], {
      env: { PGHOST: join(directory, 'source'), PGUSER: 'postgres' },
    });

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'palhm-pg-files-'));
    chmodSync(directory, 0o755);
    config = join(directory, 'palhm.jsonc');
    root = join(directory, 'root');
    const { uid, gid } = findIds('postgres');
    mkdirSync(tableSpace());
    chownSync(tableSpace(), uid, gid);
    source = await startPostgres(join(directory, 'source'));
    await source.query('postgres', `CREATE TABLESPACE fast LOCATION '${tableSpace()}'`);
    await source.query('postgres', SETUP);
    const [program = '', ...args] = source.client('postgres');
    writer = spawn(program, [...args, '--command=CALL write()'], { stdio: 'ignore' });
    writeFileSync(config, JSON.stringify(configOf(source, { directory, root })));
  });
  after(async () => {
    if (writer.exitCode === null && writer.signalCode === null) {
      writer.kill('SIGKILL');
      await once(writer, 'exit');
    }
    rmSync(directory, { recursive: true });
  });

  test('makes copies that start, with all that was written until the stop', async (context) => {
    const least = Number(await source.query('postgres', 'SELECT n FROM newest'));
    const { code, stderr } = await palhm('run', 'backup');
    assert.equal(code, 0, stderr);
    const most = Number(await source.query('postgres', 'SELECT n FROM newest'));
    assert.equal(
      await source.query('postgres', 'SELECT count(*) FROM pg_replication_slots'),
      '0\n',
    );
    assert.equal(writer.exitCode, null);
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    await source.stop();
    const copy = readdirSync(root).find((name) => !name.startsWith('.')) ?? '';
    const objects = [...readWholeCopy(root, copy).keys()].sort();
    const pieces = ['backup_label', 'global/pg_control.gz', 'pg_wal.tar.zst', 'tablespace_map'];
    assert.deepEqual(objects, [
      'data.tar.zst',
      ...pieces.map((name) => `data/${name}`),
      'fast.tar.zst',
    ]);

    const data = await restore('with-label');
    assert.match(readFileSync(join(data, 'tablespace_map'), 'utf8'), /^\d+ \/.*\/fast\n$/);
    const restored = await serveData(join(directory, 'with-label'), data);
    const found = (await restored.query('postgres', CHECK)).trim();
    await restored.stop();
    const [count = ''] = found.split('|');
    assert.equal(found, `${count}|${count}|${count}|t|1`);
    assert.ok(Number(count) >= least && Number(count) <= most, `${least} ${count} ${most}`);
    context.diagnostic(`${count} records, of ${least} before and ${most} after the copy`);
  });

  test('is no backup without the label: it begins where the files do not', async (context) => {
    const data = await restore('without-label');
    rmSync(join(data, 'backup_label'));
    const state = await serveData(join(directory, 'without-label'), data).then(
      async (restored) => {
        const found = await restored.query('postgres', CHECK).catch(String);
        await restored.stop();
        return found.trim();
      },
      (error: unknown) => `it does not start: ${String(error)}`,
    );
    context.diagnostic(state.split('\n').slice(0, 3).join(' '));
    assert.doesNotMatch(state, /\|t\|1$/);
  });

  /** Returns the directory of the data. The table space goes to where it was. */
  async function restore(name: string): Promise<string> {
    const to = join(directory, name);
    const { code, stderr } = await palhm('restore', 'backup', '--to', to, '--extract');
    assert.equal(code, 0, stderr);
    rmSync(tableSpace(), { recursive: true });
    renameSync(join(to, 'fast'), tableSpace());
    const { uid, gid } = findIds('postgres');
    chownSync(to, uid, gid);
    return join(to, 'data');
  }
});

/**
 * The sample, for this server, with its table space. One object after the other, and pg_control as the last, after a checkpoint: the
 * order in which the label matters.
 */
function configOf(
  source: Database,
  { directory, root }: { readonly directory: string; readonly root: string },
): object {
  const data = join(directory, 'source/data');
  const text = readFileSync(join(TOP, 'samples/postgresql-files.jsonc'), 'utf8')
    .replace('../conf.d/core.json', CORE)
    .replace('/media/backup/postgresql', root)
    .replaceAll('/var/lib/postgresql/15/main', data)
    .replace('"--exclude=./pg_wal",', '"--exclude=./pg_wal", "--exclude=./global/pg_control",');
  const config = parse(text);
  const [task] = config.tasks;
  const psql = (command: string): object => ({
    type: 'exec-inline',
    argv: [...source.client('postgres'), `--command=${command}`],
  });
  const [tar, zstd] = task.objects[0].pipeline;
  task.objects.splice(
    1,
    0,
    {
      path: 'fast.tar.zst',
      group: 'data',
      pipeline: [{ ...tar, argv: ['-C', join(directory, 'fast'), '.'] }, zstd],
    },
    {
      path: 'data/global/pg_control.gz',
      group: 'data',
      before: [psql(LATE), psql('CHECKPOINT')],
      pipeline: [
        { type: 'exec-inline', argv: ['cat', join(data, 'global/pg_control')] },
        { type: 'exec', 'exec-id': 'gzip' },
      ],
    },
  );
  return { ...config, 'nb-workers': 1 };
}
