/** MariaDB from Debian, on a socket in a folder of its own. Packages: mariadb-server mariadb-client. */
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, readRows, runClient } from './database.js';
import { findIds, runAs, startServer } from './server.js';

export const MARIADB_PROGRAMS = ['mariadbd', 'mariadb-install-db', 'mariadb', 'mariadb-dump'];

const USER = 'mysql';
/** Text that a compressor can halve and bytes that it cannot, 2,300 of both a row; values that are easily lost at the ends. */
const FILL = String.raw`
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;
CREATE TABLE orders (
  id INT UNSIGNED PRIMARY KEY, customer VARCHAR(60), amount DECIMAL(12,2), weight DOUBLE, placed DATETIME(6),
  note MEDIUMTEXT, picture BLOB, INDEX (customer)
);
INSERT INTO orders
  SELECT seq, CONCAT('Zoë ☃ 𝄞 ', seq MOD 977), seq / 7, RAND() * 1e9, '2020-01-01' + INTERVAL seq * 7 SECOND,
    CONCAT(HEX(RANDOM_BYTES(500)), HEX(RANDOM_BYTES(500))), RANDOM_BYTES(300)
  FROM seq_1_to_100000;
INSERT INTO orders VALUES
  (0, NULL, NULL, NULL, NULL, NULL, NULL),
  (4294967295, 'it''s \\ "quoted"\n\t\r', -0.01, -1e-300, '9999-12-31 23:59:59.999999', '', x'00ff0a0d5c271a');
CREATE VIEW totals AS SELECT customer, SUM(amount) AS total FROM orders GROUP BY customer;
CREATE FUNCTION gross(net DECIMAL(12,2)) RETURNS DECIMAL(12,2) DETERMINISTIC RETURN net * 1.19;
CREATE TRIGGER trimmed BEFORE INSERT ON orders FOR EACH ROW SET NEW.customer = NEW.customer;
CREATE EVENT cleaning ON SCHEDULE EVERY 1 DAY DO DELETE FROM orders WHERE id IS NULL;
CREATE USER clerk@localhost IDENTIFIED BY 'secret';
GRANT SELECT ON shop.* TO clerk@localhost;
`;
const ROWS =
  'SELECT id, customer, amount, weight, placed, note, HEX(picture) FROM orders ORDER BY id';

export async function startMariadb(folder: string): Promise<Database> {
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  const { uid, gid } = findIds(USER);
  chownSync(folder, uid, gid);
  const data = join(folder, 'data');
  const socket = join(folder, 'socket');
  const makeRoot = ['--auth-root-authentication-method=normal', '--skip-test-db'];
  runAs(USER, ['mariadb-install-db', '--no-defaults', `--datadir=${data}`, ...makeRoot]);
  const server = await startServer({
    argv: [
      'mariadbd',
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--pid-file=${join(folder, 'pid')}`,
      '--skip-networking',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-buffer-pool-size=256M',
      '--max-allowed-packet=1G',
    ],
    user: USER,
    ready: /ready for connections/,
    end: 'SIGKILL',
  });
  const connect = [`--socket=${socket}`, '--user=root'];
  const client = (database: string): readonly string[] => [
    'mariadb',
    '--no-defaults',
    ...connect,
    '--default-character-set=utf8mb4',
    '--max-allowed-packet=1G',
    '--batch',
    '--skip-column-names',
    '--quick',
    database,
  ];
  const query = (database: string, sql: string): Promise<string> =>
    runClient([...client(database), `--execute=${sql}`]);
  return {
    pid: server.pid,
    connect,
    client,
    query,
    fill: async () => void (await query('mysql', FILL)),
    rows: (database) => readRows([...client(database), `--execute=${ROWS}`]),
    stop: () => server.stop(),
  };
}
