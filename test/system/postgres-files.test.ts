/**
 * samples/postgresql-files.jsonc, with a real PostgreSQL that is written to all the time: the files that are restored start, and have
 * everything up to the stop; without the label they do not. Debian packages: postgresql, tar, zstd.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
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
import { hashTree, readWholeCopy } from '../rig/copies.js';
import { callPalhm, type Ended } from '../rig/palhm.js';
import { CORE, TOP, whyMissing } from '../shipped/core.js';
import type { Database } from './database.js';
import { POSTGRES_PROGRAMS, serveData, startPostgres, whyNoPostgres } from './postgres.js';
import { findIds, type Server, startServer } from './server.js';

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

const SAMPLE = readFileSync(join(TOP, 'samples/postgresql-files.jsonc'), 'utf8');
const as = (user: string): readonly string[] => [
  '--reuid',
  user,
  '--regid',
  user,
  '--clear-groups',
];
const AS_POSTGRES = as('postgres');

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
    mkdirSync(join(directory, 'etc/postgresql'), { recursive: true });
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

  test('lets root be its administrator, and keeps the way in for the user postgres', async () => {
    const [host, ...map] = [...SAMPLE.matchAll(/^\/\/ {3}((?:local|palhm) (?!restore).*)$/gm)].map(
      ([, line]) => line,
    );
    const data = join(directory, 'source/data');
    const hba = join(data, 'pg_hba.conf');
    writeFileSync(hba, `${host}\n${readFileSync(hba, 'utf8')}`);
    writeFileSync(join(data, 'pg_ident.conf'), `${map.join('\n')}\n`);
    await source.query('postgres', 'SELECT pg_reload_conf()');
    const ask = ['psql', '-h', join(directory, 'source'), '-U', 'postgres', '-XAtc', 'SELECT 1'];
    for (const user of ['root', 'postgres'])
      assert.equal(
        execFileSync('setpriv', [...as(user), ...ask], { encoding: 'utf8', cwd: '/' }),
        '1\n',
      );
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
      'etc.tar.zst',
      'fast.tar.zst',
    ]);

    const data = await restore('with-label');
    const map = join(data, 'tablespace_map');
    assert.match(readFileSync(map, 'utf8'), /^\d+ \/.*\/fast\n$/);
    const to = join(directory, 'with-label');
    writeFileSync(map, readFileSync(map, 'utf8').replace(tableSpace(), join(to, 'fast')));
    const ofReal = hashTree(tableSpace());
    const restored = await serveAsTold(to);
    const found = execFileSync(
      'setpriv',
      [...AS_POSTGRES, 'psql', '-h', data, '-XAtc', CHECK, 'postgres'],
      { encoding: 'utf8', cwd: '/' },
    ).trim();
    await restored.stop();
    assert.deepEqual(hashTree(tableSpace()), ofReal);
    const [count = ''] = found.split('|');
    assert.equal(found, `${count}|${count}|${count}|t|1`);
    assert.ok(Number(count) >= least && Number(count) <= most, `${least} ${count} ${most}`);
    context.diagnostic(`${count} records, of ${least} before and ${most} after the copy`);
  });

  test('is no backup without the label: it begins where the files do not', async (context) => {
    const data = await restore('without-label');
    rmSync(tableSpace(), { recursive: true });
    renameSync(join(directory, 'without-label/fast'), tableSpace());
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

  /** Returns the directory of the data. */
  async function restore(name: string): Promise<string> {
    const to = join(directory, name);
    const { code, stderr } = await palhm('restore', 'backup', '--to', to, '--extract');
    assert.equal(code, 0, stderr);
    const { uid, gid } = findIds('postgres');
    chownSync(to, uid, gid);
    return join(to, 'data');
  }
});

/** Starts the server of a restore as the sample says. */
async function serveAsTold(to: string): Promise<Server> {
  const lines = [...SAMPLE.matchAll(/^\/\/ {5}(.*)$/gm)].map(([, line]) => line);
  const script = lines
    .join('\n')
    .replaceAll('/srv/back', to)
    // The same, so that the test can end it.
    .replace('runuser -u postgres --', `exec setpriv --pdeathsig QUIT ${AS_POSTGRES.join(' ')}`);
  return await startServer({
    argv: ['sh', '-ec', script],
    user: 'root',
    ready: /ready to accept connections/,
    end: 'SIGQUIT',
  });
}

/**
 * The sample, for this server, with its table space. One object after the other, and pg_control as the last, after a checkpoint: the
 * order in which the label matters.
 */
function configOf(
  source: Database,
  { directory, root }: { readonly directory: string; readonly root: string },
): object {
  const data = join(directory, 'source/data');
  const text = SAMPLE.replace('../conf.d/core.json', CORE)
    .replace('/media/backup/postgresql', root)
    .replaceAll('/var/lib/postgresql/15/main', data)
    .replace('"/etc"', JSON.stringify(join(directory, 'etc')))
    .replace('"--exclude=./pg_wal",', '"--exclude=./pg_wal", "--exclude=./global/pg_control",');
  const config = parse(text);
  const [task] = config.tasks;
  const psql = (command: string): object => ({
    type: 'exec-inline',
    argv: [...source.client('postgres'), `--command=${command}`],
  });
  const [tar, zstd] = task.objects[1].pipeline;
  task.objects.splice(
    2,
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
