/** The settings of a bucket: its versioning, and the lifecycle rules by which it removes objects itself. */
import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  type LifecycleRule,
} from '@aws-sdk/client-s3';
import { asStoreFailure, codeOf } from '../client/s3-failure.js';
import type { Store } from './store.js';

/** `Enabled`, `Suspended`, or undefined when the bucket never had versions. */
export async function versioningOf({ client, bucket: Bucket }: Store): Promise<string | undefined> {
  const { Status } = await asStoreFailure('ask for the versioning of the bucket', () =>
    client.send(new GetBucketVersioningCommand({ Bucket })),
  );
  return Status;
}

export async function lifecycleOf({
  client,
  bucket: Bucket,
}: Store): Promise<readonly LifecycleRule[]> {
  return await asStoreFailure('ask for the lifecycle of the bucket', async () => {
    try {
      const command = new GetBucketLifecycleConfigurationCommand({ Bucket });
      return (await client.send(command)).Rules ?? [];
    } catch (error) {
      if (codeOf(error) === 'NoSuchLifecycleConfiguration') return [];
      throw error;
    }
  });
}

/** The enabled rules that apply to every object below `base`. */
export function rulesForAll(
  rules: readonly LifecycleRule[],
  base: string,
): readonly LifecycleRule[] {
  return rules.filter(
    (rule) => rule.Status === 'Enabled' && base.startsWith(prefixOf(rule)) && isForAll(rule),
  );
}

export function prefixOf({ Filter, Prefix }: LifecycleRule): string {
  return Filter?.And?.Prefix ?? Filter?.Prefix ?? Prefix ?? '';
}

/** False for a rule that applies only to objects with certain tags or of certain sizes. */
function isForAll({ Filter }: LifecycleRule): boolean {
  const tags = Filter?.Tag ?? Filter?.And?.Tags?.[0];
  const above = Filter?.ObjectSizeGreaterThan ?? Filter?.And?.ObjectSizeGreaterThan;
  const below = Filter?.ObjectSizeLessThan ?? Filter?.And?.ObjectSizeLessThan;
  return tags === undefined && above === undefined && below === undefined;
}
