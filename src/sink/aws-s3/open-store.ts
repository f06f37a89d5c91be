import type { S3Plan } from '../../config/plan.js';
import { connect, type Patience } from './client.js';
import { baseOf } from './names.js';
import { asking } from './s3-failure.js';
import type { Store } from './store.js';

/** The bucket of a plan. Asks nothing of it yet. Failure REFERENCE_UNRESOLVED, STORE_NO_CREDENTIALS. */
export async function openStore(plan: S3Plan, task: string, patience?: Patience): Promise<Store> {
  const location = `s3://${plan.bucket}/${plan.root}`;
  const connection = await asking(`reach ${location}`, () => connect(plan, task, patience));
  return { ...connection, bucket: plan.bucket, base: baseOf(plan.root), location };
}
