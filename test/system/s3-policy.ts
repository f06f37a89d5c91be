/** The policy of doc/s3.md, word for word, given to the second key of a server as the policy of a bucket. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import type { S3Server } from '../rig/s3/server.js';
import { REPOSITORY } from './lab.js';

interface Policy {
  readonly Version: string;
  readonly Statement: readonly {
    readonly Effect: string;
    readonly Action: readonly string[];
    readonly Resource: string;
  }[];
}

export function readPolicy(bucket: string, root: string): Policy {
  const document = readFileSync(join(REPOSITORY, 'doc/s3.md'), 'utf8');
  const text = /\n## Rights\n[^]*?```json\n([^]*?)```/.exec(document)?.[1];
  assert.ok(text !== undefined, 'doc/s3.md has no policy');
  return JSON.parse(text.replaceAll('BUCKET', bucket).replaceAll('ROOT', root)) as Policy;
}

export function actionsOf({ Statement }: Policy): readonly string[] {
  return Statement.flatMap(({ Action }) => Action);
}

export function without({ Version, Statement }: Policy, action: string): Policy {
  const left = Statement.map((statement) => ({
    ...statement,
    Action: statement.Action.filter((one) => one !== action),
  }));
  return { Version, Statement: left.filter(({ Action }) => Action.length > 0) };
}

/** To be denied is more than not to be allowed: who has written an object may read it, says Ceph, whatever the policy. */
export function denying(policy: Policy, action: string): Policy {
  const found = policy.Statement.find(({ Action }) => Action.includes(action));
  assert.ok(found);
  const denial = { ...found, Effect: 'Deny', Action: [action] };
  return { ...policy, Statement: [...policy.Statement, denial] };
}

/** A policy of a bucket says in addition whom it is for. */
export async function givePolicy(server: S3Server, bucket: string, policy: Policy): Promise<void> {
  const Principal = { AWS: ['arn:aws:iam:::user/other'] };
  const Statement = policy.Statement.map((statement) => ({ ...statement, Principal }));
  const command = new PutBucketPolicyCommand({
    Bucket: bucket,
    Policy: JSON.stringify({ ...policy, Statement }),
  });
  await server.client.send(command);
}
