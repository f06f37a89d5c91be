/** Whatever a config, a manifest, a name or a command line brings: nothing that is printed drives the terminal or breaks its line. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { callPalhm } from '../rig/palhm.js';
import { makeScratch } from '../rig/scratch.js';
import { configOf, makeSite } from '../rig/site.js';

/** A line break, escape sequences of seven and eight bits, what turns the writing round, a line separator. */
const HOSTILE = 'x\u009b31m\u202e\u2028\u001b[2J\u007f\nINJECTED';
const directory = join(makeScratch(), HOSTILE);
const site = makeSite(join(directory, 'root'));
const config = join(directory, 'palhm.jsonc');
after(() => site.remove());

const call = (...args: readonly string[]) => callPalhm(['-f', config, ...args]);

before(async () => {
  mkdirSync(directory);
  const stage = { type: 'exec-inline', argv: ['printf', HOSTILE], env: { A: HOSTILE } };
  const loud = { type: 'exec-inline', argv: ['sh', '-c', `cat; echo '${HOSTILE}' >&2`, HOSTILE] };
  const { tasks } = configOf(site.root, {
    objects: [],
    groups: [{ id: HOSTILE }],
    drill: {
      check: [{ type: 'exec-inline', argv: ['true', HOSTILE] }],
      restore: [{ object: HOSTILE, pipeline: [{ type: 'exec-inline', argv: ['cat'] }] }],
    },
  }) as { tasks: object[] };
  const objects = [
    {
      path: HOSTILE,
      group: HOSTILE,
      pipeline: [stage, loud],
      expect: { contains: 'INJECTED' },
      restore: [{ type: 'exec-inline', argv: ['cat'] }],
    },
  ];
  const routine = {
    id: `other${HOSTILE}`,
    type: 'routine',
    routine: [{ ...stage, argv: ['true', HOSTILE] }],
  };
  const text = { tasks: [{ ...tasks[0], id: HOSTILE, objects }, routine], vl: 4 };
  writeFileSync(config, JSON.stringify(text));
  const { stderr } = await call('run', HOSTILE);
  const [, copy = stderr] = /^copy (\S+) .* committed/m.exec(stderr) ?? [];
  const manifest = join(site.root, copy, '.palhm-manifest.json');
  const changed = { ...JSON.parse(readFileSync(manifest, 'utf8')), host: HOSTILE, palhm: HOSTILE };
  writeFileSync(manifest, JSON.stringify(changed));
  mkdirSync(join(site.root, HOSTILE));
});

for (const args of [
  ['config', 'show'],
  ['config', 'check', '--connect'],
  ['config', 'check', '--connect', '--json'],
  ['config', 'graph'],
  ['config', 'graph', '--format', 'dot'],
  ['run', HOSTILE, '--plan'],
  ['run', HOSTILE, '--plan', '--json'],
  ['run', HOSTILE, '--dry-run'],
  ['run', HOSTILE],
  ['--log-format', 'json', 'run', HOSTILE],
  ['--progress', 'always', 'run', HOSTILE],
  ['run', `other${HOSTILE}`],
  ['list', HOSTILE],
  ['list', HOSTILE, '--json'],
  ['show', HOSTILE],
  ['show', HOSTILE, '--json'],
  ['status'],
  ['status', '--json'],
  ['verify', HOSTILE],
  ['verify', HOSTILE, '--json'],
  ['rotate', HOSTILE, '--dry-run'],
  ['rotate', HOSTILE, '--dry-run', '--json'],
  ['restore', HOSTILE, '--to', join(directory, 'to')],
  ['drill', HOSTILE],
  ['run', 'x\u009b2J'],
  ['run', '--wait=x\u009b2J'],
  ['show', HOSTILE, 'x\u009b2J'],
] as const) {
  const name = args.map((word) => word.replace(HOSTILE, 'TASK')).join(' ');
  test(`palhm ${JSON.stringify(name)} prints nothing that is not harmless`, async () => {
    const { stdout, stderr } = await call(...args);
    assertHarmless(stdout + stderr);
  });
}

test('a config with mistakes is shown harmlessly, with its mistakes underlined', async () => {
  const wrong = join(directory, 'wrong.jsonc');
  writeFileSync(wrong, `{\n "\u009b\u202ea\\u001b": 1, "no-such-key": 1\n}`);
  const { code, stderr } = await callPalhm(['-f', wrong, 'config', 'check']);
  assert.equal(code, 78);
  assertHarmless(stderr);
  assert.match(stderr, /^ {4}2 \| {2}"\\x9b\\u\{202e\}a\\u001b": 1, .*\n {6}\| {2}~{21}\n/m);
});

function assertHarmless(text: string): void {
  // What the live display draws is palhm's own.
  const drawn = text.replace(/\p{Cc}\[(?:\?\d+[hl]|[\d;]*[AJKm])|\r/gu, '');
  assert.doesNotMatch(drawn, /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  assert.doesNotMatch(drawn, /^(?:<\d>)? *INJECTED/m);
  assert.match(drawn, /\S/);
}
