/** Copies as objects in a bucket, on AWS or on anything that speaks S3. */
import type { S3Plan } from '../../config/plan/sinks/aws-s3.js';
import type { Prefix } from '../../copy/prefix.js';
import { Failure } from '../../failure/failure.js';
import type { Lock, LockRequest } from '../../host/file-lock.js';
import { describePlace } from '../facts.js';
import type { Sink, SinkContext } from '../sink.js';
import type { Patience } from './client/client.js';
import { confirmPromises } from './client/store-promises.js';
import { s3Facts } from './facts.js';
import { awsOptionsOf } from './fetch-command.js';
import { listRoot, type ManifestCache } from './listing.js';
import { takeBucketLock } from './lock/bucket-lock.js';
import type { BucketLock } from './lock/held-lock.js';
import { takeHostLock } from './lock/host-lock.js';
import { copyBase } from './names.js';
import { type CopyPlace, openCopy } from './open-copy.js';
import { openStore } from './open-store.js';
import { createRemoval } from './removal.js';
import { COPY_LIMIT, changeClassBelow } from './storage-class.js';
import { orAborted, type Store } from './store.js';
import { openStoredCopy } from './stored-copy.js';
import { tidyRoot } from './tidy.js';
import { choosePartSizes } from './upload/part-size.js';
import { proofsFor } from './upload/payload.js';

export async function createS3Sink(
  plan: S3Plan,
  context: SinkContext,
  patience?: Patience,
): Promise<Sink> {
  const store = await openStore(plan, context.task, patience);
  const { location } = store;
  const facts = s3Facts(plan);
  const awsOptions = awsOptionsOf(plan);
  const cache: ManifestCache = new Map();
  const remove = createRemoval(context.emit);
  let lock: BucketLock | undefined;
  const place: CopyPlace = {
    store,
    storageClass: plan.storageClass,
    proofs: proofsFor(plan),
    objectLock: plan.objectLock,
    sizesFor: (expected) => choosePartSizes(plan, expected),
    async confirmLock(how) {
      const isOurs = how === 'surely' ? lock?.confirm() : lock?.confirmIfDoubtful();
      if ((await isOurs) === false) throw lockLost(location);
    },
  };
  return {
    description: describePlace(facts),
    root: facts.root,
    lock: (request) =>
      lockBoth({ plan, store, context }, request, (taken) => {
        lock = taken;
      }),
    tidy: (signal) => orAborted(store, signal, tidyRoot),
    list: (request = {}) =>
      orAborted(store, request.signal, (asked) =>
        listRoot({ store: asked, context, cache }, request),
      ),
    stored: (prefix) => openStoredCopy({ store, context, awsOptions }, prefix),
    async open(prefix, run, signal) {
      signal?.throwIfAborted();
      await confirmPromises(store, plan);
      return openCopy(place, prefix, run);
    },
    settle: (prefix, signal) =>
      orAborted(store, signal, (asked) => settleCopy(plan, asked, prefix)),
    remove: (copy, signal) => orAborted(store, signal, (asked) => remove(asked, copy)),
    close: async () => store.close(),
  };
}

interface Locking {
  readonly plan: S3Plan;
  readonly store: Store;
  readonly context: SinkContext;
}

/** First the host's, then the bucket's: who waits for a run of this host need not ask the store. */
async function lockBoth(
  { plan, store, context }: Locking,
  request: LockRequest,
  onTaken: (lock: BucketLock) => void,
): Promise<Lock> {
  const startedAt = performance.now();
  let told = false;
  const onWait = (holder: string): void => {
    if (!told) request.onWait(holder);
    told = true;
  };
  const ofHost = await takeHostLock(plan, store, { ...request, onWait });
  try {
    const waitMs = Math.max(0, request.waitMs - (performance.now() - startedAt));
    const contender = { hostLock: ofHost.identity };
    const ofBucket = await takeBucketLock(store, contender, { ...request, waitMs, onWait });
    onTaken(ofBucket);
    if (!ofBucket.isArbitrated) context.emit(unprotected(store));
    return {
      async release() {
        try {
          await ofBucket.release();
        } finally {
          await ofHost.release();
        }
      },
    };
  } catch (error) {
    await ofHost.release();
    throw error;
  }
}

function unprotected({ location }: Store) {
  return {
    type: 'warning',
    message: `the store of ${location} has no conditional put: two hosts that start at once are not kept apart`,
    details: ['Runs of one host are. Give every host a root of its own.'],
  } as const;
}

async function settleCopy(
  { finalStorageClass }: S3Plan,
  store: Store,
  prefix: Prefix,
): Promise<void> {
  if (finalStorageClass === undefined) return;
  const change = { store, storageClass: finalStorageClass, copyLimit: COPY_LIMIT };
  await changeClassBelow(change, copyBase(store.base, prefix));
}

function lockLost(location: string): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `the lock of ${location} was lost: this host gave no sign of life for too long, another took over`,
    hint: 'look at the network and at what suspended this run; two hosts need two roots',
  });
}
