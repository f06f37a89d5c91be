import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadPlan } from '../../../src/config/load.js';
import { renderAllTasks } from '../../../src/report/plan/plan-text.js';
import { factsOf } from '../../../src/sink/registry.js';
import { renderPlanJson } from '../../../src/wire/plan-json.js';

test('has the same as JSON', async () => {
  const json = renderPlanJson({
    plan: await loadPlan('samples/aws-s3-locked.jsonc'),
    taskId: 'backup',
    factsOf,
  });
  const { tasks } = JSON.parse(json) as { tasks: { sink: Record<string, unknown> }[] };
  const { sink = {} } = tasks[0] ?? {};
  assert.deepEqual(
    [sink['encryption'], sink['kms_key_id'], sink['tags'], sink['object_lock'], sink['bandwidth']],
    [
      'aws:kms',
      'alias/backup',
      { purpose: 'backup', host: 'web1' },
      { mode: 'governance', retain_for_ms: 30 * 86_400_000 },
      6_000_000,
    ],
  );
  assert.equal(sink['role_arn'], 'arn:aws:iam::123456789012:role/backup');
});

test('shows what the objects of a bucket are given, and how fast', async () => {
  const text = renderAllTasks(await loadPlan('samples/aws-s3-locked.jsonc'));
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
