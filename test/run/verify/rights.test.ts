/** A verify by somebody who may not do everything. Needs root, to be somebody else. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { callAsNobody, unlessRoot } from '../../rig/rights.js';
import { makeSite } from '../../rig/site.js';
import { makeCopy, type VerifiedJson } from '../../rig/verify-site.js';

const PATHS = ['a', 'deep/er/b'] as const;

describe('verify without rights', { skip: unlessRoot }, () => {
  const site = makeSite();
  let copy: string;
  before(async () => {
    site.write({ objects: PATHS.map((path) => ({ path, stages: ['seq 10'] })) });
    copy = await makeCopy(site);
    for (const path of [site.directory, site.root, copy, join(copy, 'deep'), join(copy, 'deep/er')])
      chmodSync(path, 0o755);
    for (const path of ['.palhm-manifest.json', ...PATHS]) chmodSync(join(copy, path), 0o644);
  });
  after(() => site.remove());

  function verifyAsNobody(): {
    readonly code: number | null;
    readonly json: VerifiedJson;
    readonly stderr: string;
  } {
    const { code, stdout, stderr } = callAsNobody(['-f', site.config, 'verify', '--json']);
    return { code, json: JSON.parse(stdout) as VerifiedJson, stderr };
  }

  it('warns that the result cannot be recorded', () => {
    const { code, json, stderr } = verifyAsNobody();
    assert.deepEqual([code, json.copies[0]?.result, json.copies[0]?.recorded], [0, 'whole', false]);
    assert.match(
      stderr,
      /^warning: copy .*: the result of the verify could not be recorded: .*EACCES/m,
    );
  });

  it('says what cannot be read, reads the rest, and records nothing', () => {
    chmodSync(join(copy, 'a'), 0o600);
    const { code, json, stderr } = verifyAsNobody();
    assert.deepEqual([code, json.copies[0]?.result], [1, 'unread']);
    assert.deepEqual(
      json.copies[0]?.objects.map(({ result }) => result),
      ['unread', 'whole'],
    );
    assert.match(stderr, /cannot read object "a" in .*EACCES/);
    assert.ok(!existsSync(join(copy, '.palhm-verify.json')));
  });
});
