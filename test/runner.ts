/**
 * Runs every compiled test: first the quick ones, two files a processor at a time, since they wait a lot, then those under test/system/, which need the whole
 * machine, one after the other. With CI=true a skipped test is a failure.
 * usage: node dist/test/runner.js [--quick] [PART OF A PATH…]      --quick: nothing under test/system/
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const { values, positionals: wanted } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const files = readdirSync(HERE, { recursive: true, encoding: 'utf8' })
  .filter(
    (name) =>
      name.endsWith('.test.js') &&
      (wanted.length === 0 || wanted.some((part) => name.includes(part))),
  )
  .map((name) => join(HERE, name))
  .sort();
const isSystem = (file: string): boolean => relative(HERE, file).startsWith('system/');

/** A test that hangs must not hold up the others. */
const TIMEOUT_MS = { quick: 240_000, system: 1_500_000 };

const total = { passed: 0, failed: 0, skipped: 0 };
const skipped: string[] = [];
await runFiles(
  files.filter((file) => !isSystem(file)),
  { concurrency: 2 * availableParallelism(), timeout: TIMEOUT_MS.quick },
);
await runFiles(values.quick ? [] : files.filter(isSystem), {
  concurrency: 1,
  timeout: TIMEOUT_MS.system,
});

for (const name of skipped) console.log(`skipped: ${name}`);
const skipsFail = process.env['CI'] === 'true' && total.skipped > 0;
if (skipsFail)
  console.log('With CI=true a skipped test is a failure: install what it needs in .ci/run.');
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || skipsFail || total.passed === 0 ? 1 : 0;

async function runFiles(
  paths: string[],
  options: { readonly concurrency: number; readonly timeout: number },
): Promise<void> {
  if (paths.length === 0) return;
  const events = run({ files: paths, ...options });
  events.on('test:pass', ({ name, skip, details }) => {
    if (skip !== undefined && skip !== false) {
      // A whole suite too: nothing is said about the tests in it.
      total.skipped += 1;
      skipped.push(`${name}: ${String(skip)}`);
    } else if (details.type !== 'suite') total.passed += 1;
  });
  events.on('test:fail', ({ details }) => {
    // A suite that fails because of its tests is not counted, but one that could not be made, or whose hook fails, is.
    if (details.type !== 'suite' || Reflect.get(details.error, 'failureType') !== 'subtestsFailed')
      total.failed += 1;
  });
  const shown = events.compose(new spec());
  for await (const chunk of shown) process.stdout.write(chunk as string);
}
