import type { S3Plan } from '../../../config/plan/sinks/aws-s3.js';
import { Failure } from '../../../failure/failure.js';
import { orReason } from '../../../host/or-reason.js';
import { connect, type Patience } from '../client/client.js';
import type { ClientContext } from '../client/client-context.js';
import { asStoreFailure } from '../client/s3-failure.js';
import { baseOf } from '../names.js';
import type { Connection, Store } from './store.js';

/** Opens the bucket of a plan, without asking it anything yet. Failure REFERENCE_UNRESOLVED, STORE_NO_CREDENTIALS, STORE_WRONG_REGION. */
export async function openStore(
  plan: S3Plan,
  context: ClientContext,
  patience?: Patience,
): Promise<Store> {
  const location = `s3://${plan.bucket}/${plan.root}`;
  const connection = await asStoreFailure(`reach ${location}`, () =>
    connect(plan, context, patience),
  );
  try {
    await orReason(findRegion(connection, location), context.signal);
    await orReason(findCredentials(connection, plan, location), context.signal);
  } catch (error) {
    connection.close();
    throw error;
  }
  return { ...connection, bucket: plan.bucket, base: baseOf(plan.root), location };
}

async function findRegion({ client }: Connection, location: string): Promise<void> {
  try {
    await client.config.region();
  } catch (cause) {
    throw new Failure({
      code: 'STORE_WRONG_REGION',
      message: `no region is given for ${location}`,
      hint: 'set "region", AWS_REGION, or the region of the profile',
      cause,
    });
  }
}

/** Where credentials are missing, the SDK does not say which profile it looked for. This does. */
async function findCredentials(
  { client }: Connection,
  { profile }: S3Plan,
  location: string,
): Promise<void> {
  try {
    await asStoreFailure(`find credentials for ${location}`, () => client.config.credentials());
  } catch (error) {
    if (profile === undefined || !(error instanceof Failure)) throw error;
    // When a role may not be assumed, its own failure says more.
    if (error.code !== 'STORE_NO_CREDENTIALS') throw error;
    throw error.as({
      hint: `see whether the profile ${JSON.stringify(profile)} is in ~/.aws/credentials or ~/.aws/config of this user; systemd sets no HOME for a service`,
      cause: error.cause,
    });
  }
}
