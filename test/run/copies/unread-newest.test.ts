/** The newest copy cannot be read: the one before it is taken, and that is said. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { locateCopy } from '../../../src/run/copies/find-copy.js';
import { verifyCopies } from '../../../src/run/verify/verify.js';
import { mountDead } from '../../rig/dead-mount.js';
import { localfsPlan, sinkOf } from '../../rig/sinks.js';
import { openStand } from '../../rig/stand.js';

test('a newer copy that cannot be read is named, and no older one verified for it', async (context) => {
  const stand = openStand();
  context.after(() => stand.close());
  const backup = stand.simple();
  await stand.run([backup]);
  const [good = ''] = stand.copies();
  const unread = '2099-01-01T00:00:00+00:00';
  const unmount = mountDead(context, join(stand.root, unread));
  if (unmount === undefined) return;
  try {
    const host = { ...stand.operation([backup]).host, clock: () => Date.UTC(2099, 0, 2) };
    const operation = { ...stand.operation([backup]), host };
    const root = { task: 'backup', sink: await sinkOf(localfsPlan(stand.root)) };
    assert.equal((await locateCopy(operation, root, 'latest')).prefix.name, good);
    const warnings = stand.events.filter(({ type }) => type === 'warning');
    assert.match(
      JSON.stringify(warnings),
      /because the newer 2099-\S+ cannot be used".*cannot be read: ENOTCONN/,
    );
    await assert.rejects(locateCopy(operation, root, unread), { message: /ENOTCONN/ });
    for (const copy of ['latest', 'all']) {
      const request = { task: undefined, copy, decode: false, sample: 1, confirmed: false };
      const { verdicts } = await verifyCopies(operation, backup, request);
      const last = verdicts.at(-1);
      assert.ok(last?.type === 'verified');
      assert.deepEqual([last.prefix.name, last.result], [unread, 'unread'], copy);
    }
  } finally {
    unmount();
  }
});
