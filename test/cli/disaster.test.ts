/** The commands of doc/disaster.md are followed by somebody who is tired: each of them is one that palhm takes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Command } from 'commander';
import {
  chooseWay,
  defineOptions,
  type RestoreOptions,
} from '../../src/cli/commands/restore-options.js';

const page = readFileSync('doc/disaster.md', 'utf8');
const lines = [...page.matchAll(/```sh\n(.*?)```/gs)]
  .flatMap(([, text = '']) => text.split('\n'))
  .flatMap((line) => /\bpalhm restore [^#]*/.exec(line) ?? []);

test('doc/disaster.md restores in eight ways and more', () => assert.ok(lines.length >= 8));

for (const line of lines)
  test(`palhm takes: ${line.trim()}`, () => {
    const words = line.trim().split(/\s+/).slice(2);
    const command = defineOptions(new Command()).exitOverride();
    command.parse(words, { from: 'user' });
    const [task] = command.args;
    assert.doesNotThrow(() => chooseWay(task, command.opts<RestoreOptions>()));
  });
