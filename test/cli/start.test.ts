/** What palhm loads at its start: a module that is not needed costs time in every run. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PALHM, runPalhm } from '../rig/palhm.js';
import { makeTree } from '../rig/scratch.js';
import { makeSite } from '../rig/site.js';

const site = makeSite();
after(() => site.remove());

/** The modules that all processes of one call of palhm have loaded, from the coverage of V8. */
async function modulesOf(...args: readonly string[]): Promise<readonly string[]> {
  const directory = mkdtempSync(join(site.directory, 'coverage-'));
  const env = { NODE_V8_COVERAGE: directory };
  const { code, stderr } = await runPalhm(['-f', site.config, ...args], { env });
  assert.equal(code, 0, stderr);
  return readdirSync(directory).flatMap((name) => {
    const text = readFileSync(join(directory, name), 'utf8');
    const { result } = JSON.parse(text) as { result: readonly { url: string }[] };
    return result.map(({ url }) => url);
  });
}

const hasExeca = (modules: readonly string[]): boolean =>
  modules.some((url) => url.includes('/node_modules/execa/'));

for (const args of [
  ['config', 'check'],
  ['run', 'backup'],
  ['list', 'backup'],
  ['verify', 'backup'],
] as const) {
  test(`palhm ${args.join(' ')} starts without execa`, async () => {
    site.write({ objects: [{ path: 'o', stages: ['echo x', 'cat'] }] });
    const modules = await modulesOf(...args);
    assert.ok(modules.some((url) => url.endsWith('/dist/src/config/load.js')));
    assert.equal(hasExeca(modules), false);
  });
}

test('a run that reserves space asks a helper program, through execa', async () => {
  site.write({ objects: [{ path: 'o', stages: ['echo x'], 'alloc-size': 10 }] });
  assert.equal(hasExeca(await modulesOf('run', 'backup')), true);
});

test('palhm handles SIGUSR1, which would open its debugger, before anything else is loaded', () => {
  const tree = makeTree({
    'package.json': '{ "type": "module" }',
    'bin/palhm.js': readFileSync(PALHM, 'utf8'),
    'dist/src/cli/main.js': `const handlers = process.listenerCount('SIGUSR1');
export const main = () => console.log(handlers);`,
  });
  const stdout = execFileSync(process.execPath, [join(tree, 'bin/palhm.js')], { encoding: 'utf8' });
  assert.equal(stdout, '1\n');
});
