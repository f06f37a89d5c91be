/**
 * The full counts of the system tests that CI runs with few: so many kills at random moments, twice as many backups. Writes
 * what was seen into doc/soak.md. A test takes minutes.
 * usage: npm run soak [-- NAME…]        such as `btrfs`. PALHM_SOAK: how many kills, by default 50
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';

const TESTS = fileURLToPath(new URL('system/', import.meta.url));
const REPORT = fileURLToPath(new URL('../../doc/soak.md', import.meta.url));
const COUNT = 'PALHM_SOAK';
/** Itself, or what it is made of. */
const COUNTED = /PALHM_SOAK|service\.js/;
const ENDING = '.test.js';

interface Row {
  /** The suite. */
  readonly of: string;
  readonly name: string;
  readonly result: string;
  readonly minutes: number;
  readonly seen: string[];
}

process.env[COUNT] ??= '50';
const wanted = process.argv.slice(2);
const files = readdirSync(TESTS)
  .filter((name) => name.endsWith(ENDING))
  .filter((name) => wanted.length === 0 || wanted.includes(name.slice(0, -ENDING.length)))
  .map((name) => join(TESTS, name))
  .filter((file) => COUNTED.test(readFileSync(file, 'utf8')));
const rows: Row[] = [];
let suite = '';
const stream = run({ files, concurrency: 1, timeout: Number.POSITIVE_INFINITY });
for await (const { type, data } of stream) {
  // What a test tells comes behind its end.
  if (type === 'test:diagnostic' && data.file !== undefined) rows.at(-1)?.seen.push(data.message);
  if (type === 'test:start' && data.nesting === 0) suite = data.name;
  if (type !== 'test:pass' && type !== 'test:fail') continue;
  const { name, skip, details } = data;
  if (details.type === 'suite') continue;
  const result = type === 'test:fail' ? 'failed' : skip ? `skipped: ${String(skip)}` : 'held';
  rows.push({ of: suite, name, result, minutes: details.duration_ms / 60_000, seen: [] });
  console.log(`${result}: ${suite}: ${name}`);
}
writeFileSync(REPORT, render());
execFileSync('npx', ['biome', 'check', '--write', REPORT], { stdio: 'inherit' });
process.exitCode = rows.length > 0 && rows.every(({ result }) => result === 'held') ? 0 : 1;

function render(): string {
  const [cpu] = cpus();
  const day = new Date().toISOString().slice(0, 'yyyy-mm-dd'.length);
  const machine = `${cpus().length} processors (${cpu?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}`;
  const table = rows.map(
    ({ of, name, result, minutes, seen }) =>
      `| ${of} | ${name} | ${result} | ${minutes.toFixed(1)} | ${seen.join('; ')} |`,
  );
  return `# Soak

Written by \`npm run soak\`: the system tests that CI runs with five kills, with the full counts.

${day}, ${process.env[COUNT]} kills, on ${machine}.

| of | test | result | minutes | seen |
| -- | ---- | ------ | ------- | ---- |
${table.join('\n')}
`;
}
