/** Tries on a bucket what a backup does, with one small object, and reads the settings of the bucket. */
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { S3Plan } from '../../../config/plan/sinks/aws-s3.js';
import { Failure } from '../../../failure/failure.js';
import { formatDuration } from '../../../units/duration.js';
import { type Finding, missing, type Probe, type ProbeContext } from '../../probe.js';
import { openStore } from '../bucket/open-store.js';
import type { Store } from '../bucket/store.js';
import type { Patience } from '../client/client.js';
import { asStoreFailure } from '../client/s3-failure.js';
import { probeBucket } from './probe-bucket.js';
import { probeRights } from './probe-rights.js';

/** Shorter than for a backup, because a person waits for the answer. */
const PATIENCE: Patience = { stallMs: 10_000, attempts: 3, stopMs: 5000 };
/** The SDK corrects the time in its signatures. But the names of copies and the manifests have the time of this host. */
const CLOCK_TOLERANCE_MS = 60_000;

export const probeS3: Probe<S3Plan> = async (plan, context) => {
  let store: Store | undefined;
  try {
    let denied: Failure | undefined;
    try {
      store = await openStore(plan, context, PATIENCE);
      denied = await reach(store, context.signal);
    } catch (error) {
      if (context.signal.aborted) return [];
      if (!(error instanceof Failure)) throw error;
      return [{ name: 'reach the bucket', right: undefined, ...missing(error) }];
    }
    return await probeReached(plan, { store, denied }, context);
  } finally {
    store?.close();
  }
};

/** Sends the first request. A refusal also proves that the store was reached, so it is returned and not thrown. */
async function reach(store: Store, signal: AbortSignal): Promise<Failure | undefined> {
  const request = { Bucket: store.bucket, Prefix: store.base, MaxKeys: 1 };
  try {
    await asStoreFailure(`list ${store.location}`, () =>
      store.client.send(new ListObjectsV2Command(request), { abortSignal: signal }),
    );
    return undefined;
  } catch (error) {
    if (error instanceof Failure && error.code === 'STORE_DENIED') return error;
    throw error;
  }
}

async function probeReached(
  plan: S3Plan,
  { store, denied }: { readonly store: Store; readonly denied: Failure | undefined },
  { signal }: ProbeContext,
): Promise<readonly Finding[]> {
  const reached = `${store.location} at ${plan.endpoint ?? 'AWS'}`;
  const bucket = await probeBucket(store, signal);
  const rights = await probeRights({ plan, store, denied, signal, ...bucket });
  return [
    { name: 'reach the bucket', state: 'ok', detail: reached, right: undefined, hint: undefined },
    ...judgeClock(store),
    ...rights,
    ...bucket.findings,
  ];
}

function judgeClock(store: Store): readonly Finding[] {
  const ahead = Date.now() - store.storeTime();
  if (Math.abs(ahead) <= CLOCK_TOLERANCE_MS) return [];
  const by = formatDuration({ ms: Math.round(Math.abs(ahead) / 1000) * 1000 });
  return [
    {
      name: 'compare the clocks',
      state: 'note',
      detail: `the clock of this host is ${by} ${ahead > 0 ? 'ahead of' : 'behind'} that of the store: copies get wrong names`,
      right: undefined,
      hint: 'set the clock of this host (timedatectl, chronyc)',
    },
  ];
}
