/** A rotation whose removals fail half-way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/failure/failure.js';
import type { Operation } from '../../../src/run/operation/operation.js';
import { createSink } from '../../../src/sink/registry.js';
import { openStand } from '../../rig/stand.js';

/** A store that takes a copy out of the listing, and then cannot remove its files. */
const createHalfRemovingSink: Operation['createSink'] = async (plan, context) => {
  const sink = await createSink(plan, context);
  return {
    ...sink,
    async remove(copy, signal) {
      await sink.remove(copy, signal);
      throw new Failure({ code: 'SINK_UNAVAILABLE', message: 'files are left' });
    },
  };
};

test('counts a copy as removed that has lost its name, though its files are left', async (context) => {
  const stand = openStand();
  context.after(stand.close);
  await stand.run([stand.simple()], { clock: () => Date.UTC(2026, 0, 1) });
  const limited = stand.simple({ copies: { type: 'at-most', value: 1n } });
  const { code } = await stand.failureOf([limited], {
    clock: () => Date.UTC(2026, 0, 2),
    surroundings: { createSink: createHalfRemovingSink },
  });
  assert.equal(code, 'ROTATION_FAILED');
  const ended = stand.events.findLast(({ type }) => type === 'rotation-finished');
  assert.deepEqual(ended, { type: 'rotation-finished', kept: 1, removed: 1, freed: 0 });
  assert.deepEqual(stand.copies(), ['2026-01-02T00:00:00+00:00']);
});
