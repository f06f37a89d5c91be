/**
 * Servers that are lost altogether and come back through `palhm restore --apply` alone: MariaDB, PostgreSQL, OpenLDAP.
 * Debian packages: mariadb-server mariadb-client postgresql slapd zstd util-linux.
 */
import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type Ended, runPalhm } from '../rig/palhm.js';
import { CORE, coreExec, outputOf, whyMissing } from '../shipped/core.js';
import type { Database, Rows } from './database.js';
import { MARIADB_PROGRAMS, startMariadb } from './mariadb.js';
import { POSTGRES_PROGRAMS, startPostgres, whyNoPostgres } from './postgres.js';
import { type Server, startServer } from './server.js';

const skip =
  whyMissing('zstd', 'slapd', 'slapadd', 'slapcat', ...MARIADB_PROGRAMS, ...POSTGRES_PROGRAMS) ||
  whyNoPostgres();

suite('servers that are lost and come back by palhm restore --apply', { skip }, () => {
  let directory = '';
  let config = '';
  let copy = '';
  let mariadb: Database;
  let postgres: Database;
  let slapd: Server;
  let lost: { mariadb: Rows; postgres: Rows; ldap: string };

  const palhm = (...args: readonly string[]): Promise<Ended> => runPalhm(['-f', config, ...args]);
  const folder = (name: string): string => join(directory, name);

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'palhm-apply-'));
    chmodSync(directory, 0o755);
    config = folder('palhm.jsonc');
    mariadb = await startMariadb(folder('mariadb'));
    postgres = await startPostgres(folder('postgres'));
    await Promise.all([mariadb.fill(), postgres.fill()]);
    const ldap = configureLdap(folder('ldap'));
    outputOf({ argv: ['slapadd', '-w'] }, { append: ldap, input: makeEntries() });
    slapd = await startSlapd(ldap, folder('ldapi'));
    writeFileSync(config, JSON.stringify(describe({ mariadb, ldap, folder })));
    const { code, stderr } = await palhm('run', 'backup');
    assert.equal(code, 0, stderr);
    const prefix = readdirSync(folder('root')).find((name) => !name.startsWith('.'));
    copy = join(folder('root'), prefix ?? '');
    lost = {
      mariadb: await mariadb.rows('shop'),
      postgres: await postgres.rows('shop'),
      ldap: outputOf(coreExec('slapcat'), { append: ldap }).toString(),
    };
  });
  after(async () => {
    await Promise.all([mariadb.stop(), postgres.stop(), slapd.stop()]);
    rmSync(directory, { recursive: true, force: true });
  });

  test('every row, every entry, and what the clerk may', async () => {
    await Promise.all([mariadb.stop(), postgres.stop(), slapd.stop()]);
    for (const name of ['mariadb', 'postgres', 'ldap']) rmSync(folder(name), { recursive: true });
    mariadb = await startMariadb(folder('mariadb'));
    postgres = await startPostgres(folder('postgres'));
    const ldap = configureLdap(folder('ldap'));

    const { code, stderr } = await palhm('restore', 'backup', '--apply', '--yes');
    assert.equal(code, 0, stderr);

    slapd = await startSlapd(ldap, folder('ldapi'));
    assert.ok(lost.mariadb.count > 100_000 && lost.postgres.count > 100_000);
    assert.deepEqual(await mariadb.rows('shop'), lost.mariadb);
    assert.deepEqual(await postgres.rows('shop'), lost.postgres);
    assert.equal(await mariadb.query('shop', 'SELECT gross(100)'), '119.00\n');
    assert.equal(await postgres.query('shop', 'SELECT gross(100)'), '119.00\n');
    const may = "SELECT has_table_privilege('clerk', 'orders', 'SELECT')";
    assert.equal(await postgres.query('shop', may), 't\n');
    assert.match(await mariadb.query('mysql', 'SHOW GRANTS FOR clerk@localhost'), /`shop`\.\*/);
    assert.equal(outputOf(coreExec('slapcat'), { append: ldap }).toString(), lost.ldap);
    assert.match(lost.ldap, /uid=user499,/);
  });

  test('one byte of any object that is another: the restore says which, and leaves nothing', async () => {
    const paths = (readdirSync(copy, { recursive: true }) as string[]).filter((path) => {
      return !path.startsWith('.') && statSync(join(copy, path)).isFile();
    });
    assert.equal(paths.length, 4);
    for (const path of paths) {
      const file = join(copy, path);
      const bytes = readFileSync(file);
      const at = Math.floor(bytes.length / 3);
      const flipped = Buffer.from(bytes);
      flipped[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(file, flipped);
      const ended = await palhm('restore', 'backup', '--to', folder('target'));
      assert.equal(ended.code, 4, ended.stderr);
      assert.ok(ended.stderr.includes(`object "${path}" has the SHA-256`), ended.stderr);
      assert.ok(!readdirSync(directory).includes('target'));
      writeFileSync(file, bytes);
    }
    const whole = await palhm('restore', 'backup', '--to', folder('target'));
    assert.equal(whole.code, 0, whole.stderr);
  });
});

interface Servers {
  readonly mariadb: Database;
  readonly ldap: readonly string[];
  readonly folder: (name: string) => string;
}

/** Three ways to say how it comes back: an inverse of the stage, its environment, a pipeline of the object. */
function describe({ mariadb, ldap, folder }: Servers): object {
  const zstd = { type: 'exec', 'exec-id': 'zstd' };
  const env = { PGHOST: folder('postgres'), PGUSER: 'postgres' };
  const psql = ['psql', '--no-psqlrc', '--quiet', '--dbname=postgres'];
  const client = ['mariadb', '--no-defaults', ...mariadb.connect, '--max-allowed-packet=1G'];
  return {
    include: [CORE],
    tasks: [
      {
        id: 'backup',
        type: 'backup',
        backend: 'localfs',
        'backend-param': { root: folder('root') },
        'object-groups': [{ id: 'roles' }, { id: 'databases', depends: ['roles'] }],
        objects: [
          {
            path: 'all.sql.zst',
            group: 'databases',
            pipeline: [
              {
                type: 'exec-append',
                'exec-id': 'mariadb-dump',
                argv: mariadb.connect,
                inverse: { argv: client },
              },
              zstd,
            ],
          },
          {
            path: 'roles.sql',
            group: 'roles',
            pipeline: [{ type: 'exec-append', 'exec-id': 'pg_dumpall-globals', argv: [], env }],
            restore: [{ type: 'exec-inline', argv: psql, env }],
          },
          {
            path: 'shop.dump.zst',
            group: 'databases',
            pipeline: [{ type: 'exec-append', 'exec-id': 'pg_dump', argv: ['shop'], env }, zstd],
          },
          {
            path: 'directory.ldif.zst',
            group: 'databases',
            pipeline: [{ type: 'exec-append', 'exec-id': 'slapcat', argv: ldap }, zstd],
            restore: [
              { type: 'exec-inline', argv: ['zstd', '-qdc'] },
              { type: 'exec-inline', argv: ['slapadd', '-w', ...ldap] },
            ],
          },
        ],
      },
    ],
  };
}

/** An empty directory with a config for it; returns what tells the tools of OpenLDAP about it. */
function configureLdap(folder: string): readonly string[] {
  mkdirSync(folder);
  const file = `${folder}.conf`;
  const lines = [
    'include /etc/ldap/schema/core.schema',
    'include /etc/ldap/schema/cosine.schema',
    'include /etc/ldap/schema/inetorgperson.schema',
    'modulepath /usr/lib/ldap',
    'moduleload back_mdb',
    'database mdb',
    'suffix "dc=example,dc=org"',
    `directory ${folder}`,
    'maxsize 104857600',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return ['-f', file];
}

function makeEntries(): Buffer {
  const top =
    'dn: dc=example,dc=org\nobjectClass: organization\nobjectClass: dcObject\no: Zoë\ndc: example\n';
  const people = Array.from({ length: 500 }, (_, index) =>
    [
      `dn: uid=user${index},dc=example,dc=org`,
      'objectClass: inetOrgPerson',
      `uid: user${index}`,
      `cn: Zoë ☃ ${index}`,
      'sn: von und zu',
      '',
    ].join('\n'),
  );
  return Buffer.from([top, ...people].join('\n'));
}

function startSlapd(options: readonly string[], socket: string): Promise<Server> {
  return startServer({
    argv: ['slapd', ...options, '-h', `ldapi://${encodeURIComponent(socket)}`, '-d', 'none'],
    user: 'root',
    ready: /slapd starting/,
    end: 'SIGKILL',
  });
}
