/** The engine as a library: what a front end imports is src/run/operations.ts alone. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeSite } from '../rig/site.js';

const SCRIPT = fileURLToPath(new URL('two-at-once.js', import.meta.url));

interface Told {
  readonly run: string;
  readonly task: string | undefined;
  readonly type: string;
}

interface Said {
  readonly reports: readonly {
    readonly id: string;
    readonly task: string;
    readonly failure?: string;
    readonly copy?: string;
  }[];
  readonly events: readonly Told[];
  readonly restored: string;
  readonly verdicts: readonly string[];
}

test('a script of twenty lines runs two backups at once, restores and verifies, and tells them apart', () => {
  const sites = [makeSite(), makeSite()];
  for (const [index, site] of sites.entries())
    site.write({ objects: [{ path: 'a', stages: [`seq ${index + 1} 20000`, 'cat'] }] });
  const configs = sites.map(({ config }) => config);
  const { stdout, stderr, status } = spawnSync(process.execPath, [SCRIPT, ...configs], {
    encoding: 'utf8',
    cwd: sites[0]?.directory,
  });
  assert.equal(status, 0, stderr);
  const said = JSON.parse(stdout) as Said;
  const [one, other] = said.reports;
  assert.ok(one !== undefined && other !== undefined && one.id !== other.id);
  for (const [index, report] of [one, other].entries()) {
    assert.equal(report.failure, undefined);
    assert.ok(report.copy?.startsWith(sites[index]?.root ?? '?'), report.copy);
    const own = said.events.filter(({ run }) => run === report.id);
    assert.ok(own.length > 5 && own.every(({ task }) => task === 'backup'));
    assert.equal(own.at(-1)?.type, 'run-finished');
    assert.equal(own.filter(({ type }) => type === 'copy-committed').length, 1);
  }
  const mixed = said.events.slice(
    0,
    said.events.findIndex(({ type }) => type === 'run-finished'),
  );
  assert.equal(new Set(mixed.map(({ run }) => run)).size, 2, 'both ran at once');
  assert.match(said.restored, /^1\n2\n3\n/);
  assert.deepEqual(said.verdicts, ['whole']);
  for (const site of sites) site.remove();
});

test('the script imports the door and nothing else of palhm, in twenty lines', () => {
  const source = readFileSync(join(process.cwd(), 'test/run/two-at-once.ts'), 'utf8');
  const imports = [...source.matchAll(/from '(\.[^']+)'/g)].map(([, from]) => from);
  assert.deepEqual(imports, ['../../src/run/operations.js']);
  // As it is formatted a statement takes several lines.
  const statements = source.split('\n').filter((line) => line.endsWith(';'));
  assert.ok(statements.length <= 22, `${statements.length} statements`);
});
