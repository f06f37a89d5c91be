import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type KnownSnapshot,
  NO_SNAPSHOT,
  refuseReferences,
} from '../../../../src/config/plan/snapshots/references.js';
import type { SnapshotFact, Value } from '../../../../src/config/plan/value.js';
import { noProblems } from '../../../../src/config/read/diagnostics.js';
import { parseSource } from '../../../../src/config/read/parse.js';
import { toSource } from '../../../../src/config/read/source.js';

const ALL: readonly SnapshotFact[] = ['path', 'device', 'name'];
const SEVERAL: KnownSnapshot = {
  facts: [],
  inside: [],
  volumes: new Map<string, readonly SnapshotFact[]>([
    ['vg0/mysql', ALL],
    ['vg0/log', ['device', 'name']],
  ]),
};
const ONE: KnownSnapshot = { facts: ALL, volumes: new Map([['vg0/mysql', ALL]]), inside: [] };
const BTRFS: KnownSnapshot = { facts: ['path', 'name'], volumes: new Map(), inside: [] };
const UNREADABLE: KnownSnapshot = { facts: ALL, volumes: undefined, inside: [] };

type Case = readonly [KnownSnapshot, of: string | undefined, message?: string, hint?: string];

const CASES: readonly Case[] = [
  [SEVERAL, 'vg0/mysql'],
  [
    SEVERAL,
    undefined,
    'This refers to the path of a snapshot ({"snapshot": "path"}), which has 2 volumes.',
    'Name one: {"snapshot": {"path": "vg0/mysql"}}.',
  ],
  [
    SEVERAL,
    'vg0/mysq',
    'This refers to the path of a snapshot ({"snapshot": {"path": "vg0/mysq"}}), which has no such volume.',
    'Did you mean "vg0/mysql"?',
  ],
  [
    SEVERAL,
    'x',
    'This refers to the path of a snapshot ({"snapshot": {"path": "x"}}), which has no such volume.',
    'Its volumes are: "vg0/mysql", "vg0/log".',
  ],
  [
    SEVERAL,
    'vg0/log',
    'This refers to the path of a snapshot ({"snapshot": {"path": "vg0/log"}}), which has no path of this volume.',
  ],
  [ONE, undefined],
  [ONE, 'vg0/mysql'],
  [
    BTRFS,
    'vg0/x',
    'This refers to the path of a snapshot ({"snapshot": {"path": "vg0/x"}}), which has no volumes with names.',
    'Leave the name out: {"snapshot": "path"}.',
  ],
  [
    NO_SNAPSHOT,
    'vg0/x',
    'This refers to the path of a snapshot ({"snapshot": {"path": "vg0/x"}}), which is not known here.',
  ],
  [UNREADABLE, undefined],
  [UNREADABLE, 'vg0/any'],
];

for (const [known, of, message, hint] of CASES) {
  const what = `${of ?? 'the bare word'} of ${known.volumes?.size ?? 'unreadable'} volumes`;
  test(`a reference to ${what} is ${message === undefined ? 'known' : 'refused'}`, () => {
    const reference = JSON.stringify({ snapshot: of === undefined ? 'path' : { path: of } });
    const problems = noProblems();
    const text = `{"argv": ["path", {"concat": ["-C", ${reference}]}]}`;
    const node = parseSource(toSource('test', '/', text), problems);
    assert.ok(node);
    const value: Value = { type: 'snapshot', what: 'path', of };
    const values: readonly Value[] = [{ type: 'concat', parts: [value] }];
    refuseReferences(values, node, { known, problems });
    const [found, ...more] = problems.found;
    assert.deepEqual(more, []);
    assert.equal(found?.message, message);
    assert.equal(found?.hint, hint);
    if (found === undefined) return;
    const at = text.lastIndexOf(JSON.stringify(of ?? 'path'));
    assert.deepEqual(
      { column: found.place?.column, length: found.length },
      { column: at + 1, length: (of ?? 'path').length + 2 },
    );
  });
}
