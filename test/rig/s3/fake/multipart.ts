/** Multipart uploads: begun, sent or copied in parts, completed or aborted. */
import { randomUUID } from 'node:crypto';
import { type Answer, errorAnswer, textsIn, xmlAnswer } from './answer.js';
import { type Body, heldBody, joinBodies, sliceBody } from './body.js';
import type { FakeBucket, FakeUpload } from './bucket.js';
import type { Call } from './call.js';
import { objectOf, rangeOf, sourceOf, tooLarge } from './objects.js';
import type { Rules } from './rules.js';

/** Of every part but the last. */
const SMALLEST = 5 * 2 ** 20;

export function createUpload(bucket: FakeBucket, call: Call): Answer {
  const id = randomUUID();
  const storageClass = call.header('x-amz-storage-class') ?? 'STANDARD';
  bucket.uploads.set(id, { id, key: call.key, storageClass, parts: new Map() });
  return xmlAnswer({
    InitiateMultipartUploadResult: { Bucket: call.bucket, Key: call.key, UploadId: id },
  });
}

export function findUpload(bucket: FakeBucket, call: Call): FakeUpload | undefined {
  const upload = bucket.uploads.get(call.query.get('uploadId') ?? '');
  return upload?.key === call.key ? upload : undefined;
}

export function storePart(upload: FakeUpload, call: Call, rules: Rules): Answer {
  const body = heldBody(call.body);
  const refused = addPart(upload, { call, body, rules });
  return refused ?? { status: 200, headers: { etag: `"${body.etag}"` } };
}

export function copyPart(bucket: FakeBucket, call: Call, rules: Rules): Answer {
  const upload = findUpload(bucket, call);
  const source = sourceOf(bucket, call);
  if (upload === undefined || source === undefined) return errorAnswer(404, 'NoSuchUpload');
  const range = rangeOf(call.header('x-amz-copy-source-range'), source.body.size);
  const body = sliceBody(source.body, ...range);
  if (body.size > rules.copyLimit) return tooLarge();
  const refused = addPart(upload, { call, body, rules });
  return refused ?? xmlAnswer({ CopyPartResult: { ETag: `"${body.etag}"` } });
}

interface NewPart {
  readonly call: Call;
  readonly body: Body;
  readonly rules: Rules;
}

function addPart(upload: FakeUpload, { call, body, rules }: NewPart): Answer | undefined {
  const number = Number(call.query.get('partNumber'));
  if (number < 1 || number > rules.maxParts) return errorAnswer(400, 'InvalidArgument');
  upload.parts.set(number, body);
  return undefined;
}

export function completeUpload(bucket: FakeBucket, call: Call, rules: Rules): Answer {
  const upload = findUpload(bucket, call);
  if (upload === undefined) return errorAnswer(404, 'NoSuchUpload');
  const text = call.body.toString();
  const numbers = textsIn(text, 'PartNumber').map(Number);
  const tags = textsIn(text, 'ETag').map((tag) => tag.replaceAll('"', ''));
  const parts = numbers.flatMap((number) => upload.parts.get(number) ?? []);
  const isOrdered = numbers.every((number, index) => number > (numbers[index - 1] ?? 0));
  if (!isOrdered) return errorAnswer(400, 'InvalidPartOrder');
  const isSame = parts.every(({ etag }, index) => etag === tags[index]);
  if (parts.length !== numbers.length || !isSame) return errorAnswer(400, 'InvalidPart');
  if (parts.slice(0, -1).some(({ size }) => size < SMALLEST))
    return errorAnswer(400, 'EntityTooSmall');
  const body = joinBodies(parts);
  bucket.uploads.delete(upload.id);
  const { storageClass } = upload;
  bucket.put(call.key, { ...objectOf(call, body, rules), storageClass });
  const ETag = rules.completeSaysTag ? `"${body.etag}"` : '';
  return xmlAnswer({ CompleteMultipartUploadResult: { Key: call.key, ETag } });
}
