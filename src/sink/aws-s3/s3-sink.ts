/** A sink that keeps each copy as objects in a bucket, on AWS or on any other store that speaks S3. */
import type { S3Plan } from '../../config/plan/sinks/aws-s3.js';
import type { Prefix } from '../../copy/prefix.js';
import { Failure } from '../../failure/failure.js';
import { describePlace } from '../facts.js';
import type { Sink, SinkContext } from '../sink.js';
import { confirmCapabilities } from './bucket/capabilities.js';
import { openStore } from './bucket/open-store.js';
import { orAborted, type Store, untilAborted } from './bucket/store.js';
import type { Patience } from './client/client.js';
import { s3Facts } from './facts.js';
import { listRoot, type ManifestCache } from './list/listing.js';
import type { BucketLock } from './lock/lock-renewal.js';
import { takeRootLock } from './lock/root-lock.js';
import { copyBase } from './names.js';
import { awsOptionsOf } from './read/fetch-command.js';
import { openStoredCopy } from './read/stored-copy.js';
import { createRemoval } from './remove/remove-copy.js';
import { tidyRoot } from './remove/tidy.js';
import { choosePartSizes } from './upload/part-size.js';
import { type CopyPlace, openCopy } from './write/open-copy.js';
import { COPY_LIMIT, changeClassBelow } from './write/storage-class.js';

export async function createS3Sink(
  plan: S3Plan,
  context: SinkContext,
  patience?: Patience,
): Promise<Sink> {
  const store = await openStore(plan, context, patience);
  const { location } = store;
  const { environment, emit, signal: stop } = context;
  // For all work but what rolls back or unlocks.
  const working = stop === undefined ? store : untilAborted(store, stop);
  const facts = s3Facts(plan);
  const awsOptions = awsOptionsOf(plan);
  const cache: ManifestCache = new Map();
  const remove = createRemoval(emit);
  let lock: BucketLock | undefined;
  const place: CopyPlace = {
    store: working,
    lasting: store,
    storageClass: plan.storageClass,
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
    async lock(request) {
      lock = await takeRootLock({ plan, store, environment }, request);
      if (!lock.isArbitrated) emit(warnOfNoArbiter(location));
      return lock;
    },
    tidy: (signal) => orAborted(store, signal, (own) => tidyRoot(own, emit)),
    list: (request = {}) =>
      orAborted(store, request.signal ?? stop, (asked) =>
        listRoot({ store: asked, context, cache }, request),
      ),
    stored: (prefix) => openStoredCopy({ store: working, context, awsOptions }, prefix),
    async open(prefix, run, signal) {
      signal?.throwIfAborted();
      await confirmCapabilities(working, plan);
      return openCopy(place, prefix, run);
    },
    settle: (prefix, signal) =>
      orAborted(store, signal, (asked) => settleCopy(plan, asked, prefix)),
    remove: (copy, signal) => orAborted(store, signal, (asked) => remove(asked, copy)),
    close: async () => store.close(),
  };
}

function warnOfNoArbiter(location: string) {
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
