/** Chains of tasks and groups have an end, so that nothing that follows them overflows the stack. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigErrors } from '../../src/config/read/diagnostics.js';
import { loadText } from '../rig/load.js';

/** Elements that each lead to the next one. */
function chainOf(length: number, element: (index: number, isLast: boolean) => object): object[] {
  return Array.from({ length }, (_, index) => element(index, index === length - 1));
}

const CHAINS: readonly (readonly [string, number, (length: number) => object])[] = [
  [
    'Tasks run',
    100,
    (length) => ({
      tasks: chainOf(length, (index, isLast) => ({
        id: `t${index}`,
        type: 'routine',
        routine: isLast ? [] : [{ type: 'task', 'task-id': `t${index + 1}` }],
      })),
    }),
  ],
  [
    'Groups depend on',
    1000,
    (length) => ({
      tasks: [
        {
          id: 'backup',
          type: 'backup',
          backend: 'null',
          'backend-param': {},
          'object-groups': chainOf(length, (index, isLast) => ({
            id: `g${index}`,
            depends: isLast ? [] : [`g${index + 1}`],
          })),
          objects: [
            { path: 'a', group: 'g0', pipeline: [{ type: 'exec-inline', argv: ['true'] }] },
          ],
        },
      ],
    }),
  ],
];

for (const [what, longest, config] of CHAINS) {
  test(`${what} each other in a chain of ${longest}, and of no more`, async () => {
    await loadText(JSON.stringify(config(longest)));
    for (const length of [longest + 1, 20_000]) {
      const error: unknown = await loadText(JSON.stringify(config(length))).catch((e) => e);
      assert.ok(error instanceof ConfigErrors, String(error));
      assert.deepEqual(
        error.diagnostics.map(({ message }) => message),
        [`${what} each other in a chain of more than ${longest}.`],
      );
      assert.ok(error.place);
    }
  });
}
