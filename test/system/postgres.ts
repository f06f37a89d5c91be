/** PostgreSQL from Debian, on a socket in a folder of its own. Package: postgresql. */
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, readRows, runClient } from './database.js';
import { findIds, runAs, startServer } from './server.js';

export const POSTGRES_PROGRAMS = ['psql', 'pg_dump', 'pg_restore', 'pg_dumpall'];

const USER = 'postgres';
/** Where Debian keeps the servers, a folder for each version. */
const VERSIONS = '/usr/lib/postgresql';
const FILL = `
CREATE TABLE orders AS
  SELECT i AS id, 'Zoë ☃ 𝄞 ' || i % 977 AS customer, i / 7.0 AS amount, random() * 1e9 AS weight,
    timestamptz '2020-01-01Z' + i * interval '1.000007 s' AS placed,
    (SELECT string_agg(md5(random()::text || i || j), '') FROM generate_series(1, 60) j) AS note,
    decode(md5(random()::text || i), 'hex') AS picture, ARRAY[i, NULL, -i] AS list
  FROM generate_series(1, 110000) i;
INSERT INTO orders VALUES
  (0, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (2147483647, E'it''s \\\\ "quoted"\\n\\t\\r', 'NaN', '-Infinity', 'infinity', '', '\\x00ff0a0d5c27', '{}');
ALTER TABLE orders ADD PRIMARY KEY (id);
CREATE VIEW totals AS SELECT customer, sum(amount) AS total FROM orders GROUP BY customer;
CREATE FUNCTION gross(net numeric) RETURNS numeric LANGUAGE sql AS 'SELECT net * 1.19';
CREATE ROLE clerk LOGIN;
GRANT SELECT ON orders TO clerk;
`;
const ROWS = 'COPY (SELECT * FROM orders ORDER BY id) TO STDOUT';

/** The folder of the newest server that is installed. */
function findServerPrograms(): string | undefined {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).map(Number) : [];
  const newest = versions.filter((version) => !Number.isNaN(version)).toSorted((a, b) => b - a)[0];
  return newest === undefined ? undefined : join(VERSIONS, String(newest), 'bin');
}

export function whyNoPostgres(): string | false {
  return findServerPrograms() === undefined && 'not installed: the server of PostgreSQL';
}

export async function startPostgres(folder: string): Promise<Database> {
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  const { uid, gid } = findIds(USER);
  chownSync(folder, uid, gid);
  const data = join(folder, 'data');
  const init = [
    '-k',
    '-A',
    'trust',
    '-U',
    'postgres',
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
  ];
  runAs(USER, [join(findServerPrograms() ?? '', 'initdb'), '-D', data, ...init]);
  return await serveData(folder, data);
}

/** Starts a server of a directory of data, with its socket in the folder. */
export async function serveData(folder: string, data: string): Promise<Database> {
  const options = ['listen_addresses=', 'fsync=off', 'max_wal_size=4GB', 'timezone=UTC'];
  const server = await startServer({
    argv: [
      join(findServerPrograms() ?? '', 'postgres'),
      '-D',
      data,
      '-k',
      folder,
      ...options.flatMap((option) => ['-c', option]),
    ],
    user: USER,
    ready: /ready to accept connections/,
    // "Immediate shutdown" in its manual: ends the children too, and removes the shared memory.
    end: 'SIGQUIT',
  });
  const connect = [`--host=${folder}`, '--username=postgres'];
  const client = (database: string): readonly string[] => [
    'psql',
    ...connect,
    '--no-psqlrc',
    '--quiet',
    '--tuples-only',
    '--no-align',
    '--set=ON_ERROR_STOP=1',
    `--dbname=${database}`,
  ];
  const query = (database: string, sql: string): Promise<string> =>
    runClient([...client(database), `--command=${sql}`]);
  return {
    pid: server.pid,
    connect,
    client,
    query,
    async fill() {
      await query('postgres', 'CREATE DATABASE shop');
      await query('shop', FILL);
    },
    rows: (database) => readRows([...client(database), `--command=${ROWS}`]),
    stop: () => server.stop(),
  };
}
