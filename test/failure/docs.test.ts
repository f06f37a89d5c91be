/** The documents that publish failures and exit codes say what the code does. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FAILURES } from '../../src/failure/codes.js';
import { EXIT } from '../../src/failure/exit-codes.js';

/** The cells of every row of the first table below a heading, without the table's own head. */
function tableBelow(document: string, heading: string): readonly (readonly string[])[] {
  const text = readFileSync(new URL(`../../../doc/${document}`, import.meta.url), 'utf8');
  const [, section = ''] = text.split(`${heading}\n`);
  const table = /(?:^\|.*\n)+/m.exec(section)?.[0] ?? '';
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('doc/errors.md lists every failure as it is', () => {
  const documented = tableBelow('errors.md', '# Failures');
  const real = Object.entries(FAILURES).map(([code, { exit, retry, meaning }]) => [
    `\`${code}\``,
    String(exit),
    retry ? 'yes' : 'no',
    meaning,
  ]);
  assert.deepEqual(documented, real);
});

test('doc/operation.md lists every exit code once, in order', () => {
  const documented = tableBelow('operation.md', '## Exit codes').map(([exit]) => Number(exit));
  assert.deepEqual(documented, Object.values(EXIT));
});
