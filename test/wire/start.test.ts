/** What a start of palhm loads: code that ajv has generated, but never ajv itself, and no validator that is not used. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const MAIN = new URL('../../src/cli/main.js', import.meta.url).href;
const DECODE = new URL('../../src/wire/decode.js', import.meta.url).href;
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The CommonJS files that a process has loaded when the script ends. ajv and the code that it generates are CommonJS. */
async function loadedBy(script: string): Promise<readonly string[]> {
  const tell = `process.on('exit', () => console.error(JSON.stringify(Object.keys(createRequire(import.meta.url).cache))));`;
  const { stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', `import { createRequire } from 'node:module'; ${tell} ${script}`],
    { cwd: ROOT },
  );
  const files: readonly string[] = JSON.parse(stderr.trim().split('\n').at(-1) ?? '');
  return files.filter((file) => /\/node_modules\/ajv\/|\/dist\/src\/.*\.cjs$/.test(file));
}

test('palhm config check loads the validator of the config and small helpers of ajv alone', async () => {
  const argv = JSON.stringify(['node', 'palhm', 'config', 'check', '-f', 'samples/null.jsonc']);
  const files = await loadedBy(`const { main } = await import('${MAIN}'); await main(${argv});`);
  const own = files.filter((file) => !file.includes('/ajv/'));
  assert.deepEqual(
    own.map((file) => file.slice(ROOT.length)),
    ['dist/src/config/check/validate.gen.cjs'],
  );
  const ajv = files.filter((file) => file.includes('/ajv/'));
  assert.ok(ajv.length > 0, 'ajv is needed when palhm runs');
  for (const file of ajv) assert.match(file, /\/ajv\/dist\/runtime\/[a-z0-9]+\.js$/);
});

test('the validator of a kind is loaded when the first text of that kind is read', async () => {
  const files = await loadedBy(
    `const { decode } = await import('${DECODE}'); decode('drill-note', '{}');`,
  );
  const own = files.filter((file) => !file.includes('/ajv/'));
  assert.deepEqual(
    own.map((file) => file.slice(ROOT.length)),
    ['dist/src/wire/gen/drill-note.cjs'],
  );
});
