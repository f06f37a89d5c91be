/** The lines of the JSON log as real operations write them: every field is documented, and none is left out. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { callPalhm } from '../rig/palhm.js';
import { makeRestoreSite, type RestoreSite } from '../rig/restore-site.js';

interface EventSchema {
  readonly $defs: Readonly<
    Record<string, { readonly properties: Readonly<Record<string, unknown>> }>
  >;
}

const SCHEMA = JSON.parse(
  readFileSync(new URL('../../../schema/event.schema.json', import.meta.url), 'utf8'),
) as EventSchema;
const STAMP = ['time', 'level', 'run', 'task'];

suite('the JSON log', () => {
  let site: RestoreSite;
  before(async () => {
    site = makeRestoreSite();
    await site.backup({ objects: [{ path: 'a', stages: ['seq 1000', 'cat'] }] });
  });
  after(() => site.remove());

  for (const [what, args] of [
    ['a run', () => ['run', 'backup']],
    ['a dry run', () => ['run', '--dry-run', 'backup']],
    ['a verify', () => ['verify', 'backup']],
    ['a restore', () => ['restore', 'backup', '--to', join(site.directory, 'back')]],
    ['a rotation', () => ['rotate', 'backup']],
    ['a list', () => ['list', 'backup']],
    ['a run of a task that is not there', () => ['run', 'nothing']],
  ] as const) {
    test(`of ${what} has the fields that the schema names, and no others`, async () => {
      const log = ['-vvv', '--log-format', 'json', '--progress', 'always'];
      const { stderr } = await callPalhm(['-f', site.config, ...log, ...args()]);
      const events = stderr
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
      assert.ok(events.length > 0, stderr);
      for (const event of events) {
        const named = Object.keys(SCHEMA.$defs[String(event['event'])]?.properties ?? {});
        assert.deepEqual(Object.keys(event).sort(), [...STAMP, ...named].sort());
      }
    });
  }
});
