/**
 * Tries every right that a backup needs, with one small object and one small upload below the root. After a refusal the other
 * rights are still tried. Everything that was written is removed, as far as the rights allow.
 */
import { randomUUID } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3Plan } from '../../../config/plan/sinks/aws-s3.js';
import { Failure } from '../../../failure/failure.js';
import { carryOut, type Finding, note, type Outcome, ok, type Trial } from '../../probe.js';
import { confirmEncryption, confirmLocking } from '../bucket/capabilities.js';
import { deleteBatch } from '../bucket/keys.js';
import { type Store, urlOf } from '../bucket/store.js';
import { readText, writeNewText } from '../bucket/texts.js';
import { HINT_DENIED } from '../client/error-classes.js';
import { asStoreFailure } from '../client/s3-failure.js';
import { PROBE_START } from '../names.js';
import { classOf, listUploads } from '../upload/uploads.js';
import { COPY_LIMIT, copyWhole } from '../write/storage-class.js';
import { removeProbe } from './probe-removal.js';
import { createProbeUpload, type ProbeUpload } from './probe-upload.js';

interface RightsProbe {
  readonly plan: S3Plan;
  readonly store: Store;
  readonly isVersioned: boolean;
  /** Why the root could not be listed. Undefined when it could. */
  readonly denied: Failure | undefined;
  readonly signal: AbortSignal;
}

/** What the probe has left in the bucket so far. */
interface State extends RightsProbe {
  readonly key: string;
  /** True when there may be an object. */
  wasWritten: boolean;
  /** True when there is one for certain. */
  hasObject: boolean;
  upload: ProbeUpload | undefined;
  /** True when the upload exists for certain. */
  isBegun: boolean;
}

const TEXT = 'palhm wrote this to see whether it may. It can be removed.\n';

export async function probeRights(probe: RightsProbe): Promise<readonly Finding[]> {
  const key = `${probe.store.base}${PROBE_START}${randomUUID()}`;
  const nothing = { wasWritten: false, hasObject: false, upload: undefined, isBegun: false };
  const state: State = { ...probe, ...nothing, key };
  const findings: Finding[] = [];
  try {
    for (const trial of trialsOf(state)) {
      const finding = await carryOut(withRight(state, trial), probe.signal);
      if (finding !== undefined) findings.push(finding);
    }
  } finally {
    findings.push(...(await removeProbe(state)));
  }
  return findings;
}

/** A generator, because each trial depends on what those before it have left. */
function* trialsOf(state: State): Generator<Trial> {
  yield { name: 'list objects', right: 's3:ListBucket', work: () => confirmListed(state) };
  yield { name: 'write an object', right: 's3:PutObject', work: () => write(state) };
  if (state.hasObject) {
    yield { name: 'lock out other hosts', right: 's3:PutObject', work: () => lock(state) };
  }
  yield* capabilityTrialsOf(state);
  yield { name: 'read an object', right: 's3:GetObject', work: () => read(state) };
  if (state.hasObject && state.plan.finalStorageClass !== undefined) {
    yield { name: 'change the storage class', right: 's3:GetObject', work: () => move(state) };
  }
  yield { name: 'write in parts', right: 's3:PutObject', work: () => writePart(state) };
  yield {
    name: 'find unfinished uploads',
    right: 's3:ListBucketMultipartUploads',
    work: () => findUpload(state),
  };
  if (state.isBegun) {
    const right = 's3:AbortMultipartUpload';
    yield { name: 'abort an upload', right, work: () => abort(state) };
  }
  yield { name: 'remove objects', right: 's3:DeleteObject', work: () => remove(state) };
}

/**
 * Trials of what this config asks of the store beyond the needs of every backup. The right to lock is not tried, because a locked
 * object could not be removed.
 */
function* capabilityTrialsOf({ store, plan, key, hasObject }: State): Generator<Trial> {
  const { encryption, objectLock } = plan;
  if (encryption !== undefined && hasObject) {
    yield {
      name: 'encrypt objects',
      right: 's3:GetObject',
      async work() {
        await confirmEncryption(store, encryption, key);
        return ok(encryption.algorithm);
      },
    };
  }
  if (objectLock !== undefined) {
    yield {
      name: 'lock objects',
      right: 's3:GetBucketObjectLockConfiguration',
      async work() {
        await confirmLocking(store);
        return ok(`possible; ${objectLock.mode} is asked`);
      },
    };
  }
}

/** The same trial, whose hint names the right and the resource when the store denies it. */
function withRight(state: State, trial: Trial): Trial {
  return {
    ...trial,
    explain: ({ message, hint }) => {
      const next = hint === HINT_DENIED ? grant(state, trial) : hint;
      return { state: 'missing', detail: message, hint: next };
    },
  };
}

/** A policy gives a right on the bucket itself or on the objects in it. */
function grant({ store }: State, { right = '' }: Trial): string {
  const isOnBucket = /^s3:(?:List|Get)Bucket/.test(right);
  const resource = isOnBucket ? store.bucket : `${store.bucket}/${store.base}*`;
  return `give this key ${right} on arn:aws:s3:::${resource} (doc/s3.md has the whole policy)`;
}

async function confirmListed({ denied, store }: State): Promise<Outcome> {
  if (denied !== undefined) throw denied;
  return ok(store.location);
}

async function write(state: State): Promise<Outcome> {
  try {
    await writeObject(state);
  } catch (error) {
    // The object may have been written although the answer was lost.
    state.wasWritten = !isDenied(error);
    throw error;
  }
  state.wasWritten = true;
  state.hasObject = true;
  return ok(urlOf(state.store, state.key));
}

async function writeObject({ plan, store, key }: State): Promise<void> {
  const at = { Bucket: store.bucket, Key: key };
  const command = new PutObjectCommand({ ...at, Body: TEXT, ...classOf(plan) });
  await asStoreFailure(`write ${urlOf(store, key)}`, () => store.client.send(command));
}

async function lock({ store, key }: State): Promise<Outcome> {
  const outcome = await writeNewText(store, key, TEXT);
  if (outcome === 'exists') {
    return ok('the store refuses to write over what is there (If-None-Match)');
  }
  const why = outcome === 'written' ? 'takes no notice of If-None-Match' : 'has no conditional put';
  return note(`the store ${why}`, ONE_HOST_PER_ROOT);
}

const ONE_HOST_PER_ROOT =
  'give every host a root of its own: two that start at once are not kept apart';

async function read({ store, key, hasObject, denied }: State): Promise<Outcome> {
  if (!hasObject && denied !== undefined) {
    return note('not known: there is nothing to be read', 'see to the other rights first');
  }
  // When there is no object, a key that may read gets the answer that there is none.
  const stored = await readText(store, key);
  if (!hasObject || stored?.text === TEXT) return ok(urlOf(store, key));
  throw new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `${urlOf(store, key)} is not what was written there a moment ago`,
    hint: 'the store does not keep what it was given: do not trust it with backups',
  });
}

async function move({ plan, store, key }: State): Promise<Outcome> {
  const storageClass = plan.finalStorageClass ?? '';
  await asStoreFailure(`move ${urlOf(store, key)} to the storage class ${storageClass}`, () =>
    copyWhole({ store, storageClass, copyLimit: COPY_LIMIT }, key),
  );
  return ok(`to ${storageClass}`);
}

async function writePart(state: State): Promise<Outcome> {
  const upload = createProbeUpload(targetOf(state));
  state.upload = upload;
  try {
    await upload.send(TEXT);
  } catch (error) {
    if (isDenied(error)) await abort(state);
    throw error;
  }
  state.isBegun = true;
  return ok('an upload of one part');
}

function isDenied(error: unknown): boolean {
  return error instanceof Failure && error.code === 'STORE_DENIED';
}

async function findUpload({ store, key, isBegun }: State): Promise<Outcome> {
  for await (const found of listUploads(store, key)) if (found.key === key) return ok('found');
  if (!isBegun) return ok('there are none');
  return note(
    'the store does not list an upload that was just begun',
    'look after unfinished uploads yourself: what a dead run leaves may not be found',
  );
}

async function abort(state: State): Promise<Outcome> {
  await state.upload?.abort();
  state.upload = undefined;
  return ok('nothing of it is kept');
}

async function remove(state: State): Promise<Outcome> {
  const how = await deleteBatch(state.store, state.key, [state.key]);
  return ok(
    how === 'together'
      ? 'many with one request'
      : 'one by one: to the store many with one request are another matter',
  );
}

function targetOf({ plan, store, key }: State) {
  return { store, key, storageClass: plan.storageClass };
}
