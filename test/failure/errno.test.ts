/** Errors of the system that Node has no name for. Real ones: `test/sink/localfs/unreadable-entries.test.ts`. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messageOf } from '../../src/failure/failure.js';
import { sinkFailureOf } from '../../src/host/sink-failure.js';

/** As Node words what it has no name for. */
function nameless(errno: number): Error {
  const code = `Unknown system error -${errno}`;
  return Object.assign(new Error(`${code}: ${code}, open '/x'`), { code, errno: -errno });
}

describe('an error that Node has no name for', () => {
  for (const [errno, said] of [
    [116, "ESTALE: stale file handle, open '/x'"],
    [117, "EUCLEAN: structure needs cleaning, open '/x'"],
    [123, "ENOMEDIUM: no medium found, open '/x'"],
    [9999, "Unknown system error -9999: Unknown system error -9999, open '/x'"],
  ] as const)
    it(`is told as: ${said}`, () => {
      assert.equal(messageOf(nameless(errno)), said);
    });

  it('is judged by its name: a quota that is used up (EDQUOT) is a full sink', () => {
    const failure = sinkFailureOf(nameless(122), 'write /x');
    assert.equal(failure instanceof Error && 'code' in failure && failure.code, 'SINK_FULL');
  });
});
