/** What is asked of single objects, and the batch delete. */
import { type Answer, errorAnswer, textsIn, xmlAnswer } from './answer.js';
import { type Body, heldBody } from './body.js';
import type { FakeBucket, FakeObject } from './bucket.js';
import type { Call } from './call.js';
import type { Rules } from './rules.js';

export function storeObject(bucket: FakeBucket, call: Call, rules: Rules): Answer {
  if (call.header('if-none-match') !== undefined) {
    if (rules.conditions === 'refused') return errorAnswer(501, 'NotImplemented');
    if (rules.conditions === 'kept' && bucket.get(call.key) !== undefined)
      return errorAnswer(412, 'PreconditionFailed');
  }
  const body = heldBody(call.body);
  bucket.put(call.key, objectOf(call, body, rules));
  return { status: 200, headers: { etag: `"${body.etag}"` } };
}

export function objectOf(call: Call, body: Body, rules: Rules): FakeObject {
  const storageClass = call.header('x-amz-storage-class') ?? 'STANDARD';
  return { body, storageClass, modified: new Date(Date.now() + rules.aheadMs) };
}

export function fetchObject(bucket: FakeBucket, call: Call): Answer {
  const object = bucket.get(call.key);
  if (object === undefined) return errorAnswer(404, 'NoSuchKey', { Key: call.key });
  const { body, modified, storageClass } = object;
  const [start, end] = rangeOf(call.header('range'), body.size);
  const headers = {
    etag: `"${body.etag}"`,
    'last-modified': modified.toUTCString(),
    'content-length': String(end - start),
    'x-amz-storage-class': storageClass,
  };
  if (call.operation === 'HeadObject') return { status: 200, headers };
  const status = end - start === body.size ? 200 : 206;
  return { status, headers, body: body.read(start, end) };
}

/** Of `bytes=3-7`: 3 and 8; all of it when there is none. */
export function rangeOf(range: string | undefined, size: number): readonly [number, number] {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  if (from === '') return to === '' ? [0, size] : [Math.max(0, size - Number(to)), size];
  return [Number(from), to === '' ? size : Math.min(size, Number(to) + 1)];
}

export function copyObject(bucket: FakeBucket, call: Call, rules: Rules): Answer {
  const source = sourceOf(bucket, call);
  if (source === undefined) return errorAnswer(404, 'NoSuchKey');
  if (source.body.size > rules.copyLimit) return tooLarge();
  bucket.put(call.key, objectOf(call, source.body, rules));
  return xmlAnswer({ CopyObjectResult: { ETag: `"${source.body.etag}"` } });
}

export function tooLarge(): Answer {
  const Message =
    'The specified copy source is larger than the maximum allowable size for a copy source';
  return errorAnswer(400, 'InvalidRequest', { Message });
}

/** Copies within one bucket only. */
export function sourceOf(bucket: FakeBucket, call: Call): FakeObject | undefined {
  const source = decodeURIComponent(call.header('x-amz-copy-source') ?? '');
  return bucket.get(source.replace(/^\//, '').slice(call.bucket.length + 1));
}

export function deleteObjects(bucket: FakeBucket, call: Call, rules: Rules): Answer {
  const keys = textsIn(call.body.toString(), 'Key');
  const errors = keys.flatMap((Key) => {
    const Code = rules.deleteFaults(Key);
    if (Code === undefined) bucket.delete(Key);
    return Code === undefined ? [] : [{ Key, Code, Message: 'not this one' }];
  });
  return xmlAnswer({ DeleteResult: { Error: errors } });
}
