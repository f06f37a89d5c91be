import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderAllTasks } from '../../../src/report/plan/plan.js';
import { loadFile } from '../../rig/load.js';

test('shows what the objects of a bucket are given, and how fast', async () => {
  const text = renderAllTasks(await loadFile('samples/aws-s3-locked.jsonc'));
  const [facts = ''] = text.split('\n\n');
  assert.equal(
    facts.replace(/ +at once.*/s, ''),
    `task "backup", a backup
  sink       aws-s3
  root       s3://example-backup/web1
  role       arn:aws:iam::123456789012:role/backup
  encrypted  by the store, aws:kms with the key alias/backup
  tags       purpose=backup, host=web1
  locked     for 30 d, governance
  at most    5.7 MiB/s
  keeps      monthly 12, within 30 d
`,
  );
});
