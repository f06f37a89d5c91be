/** Who may ask, and who answers what. */
import { type Answer, errorAnswer, xmlAnswer } from './answer.js';
import { FakeBucket } from './bucket.js';
import type { Call } from './call.js';
import { listObjects, listUploads } from './listings.js';
import { completeUpload, copyPart, createUpload, findUpload, storePart } from './multipart.js';
import { copyObject, deleteObjects, fetchObject, storeObject } from './objects.js';
import type { Rules } from './rules.js';

const SKEW_MS = 15 * 60_000;
/** The key of `S3Server.other`: known, with no rights. */
const WITHOUT_RIGHTS = 'fake-other';

export function serve(buckets: Map<string, FakeBucket>, call: Call, rules: Rules): Answer {
  const refused = judgeSignature(call, rules);
  if (refused !== undefined) return refused;
  if (call.operation === 'CreateBucket') {
    buckets.set(call.bucket, new FakeBucket());
    return { status: 200 };
  }
  const bucket = buckets.get(call.bucket);
  if (bucket === undefined) return errorAnswer(404, 'NoSuchBucket');
  return serveBucket(bucket, call, rules);
}

/** The signature itself is not looked at. */
function judgeSignature(call: Call, rules: Rules): Answer | undefined {
  const [, key, region] =
    /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(call.header('authorization') ?? '') ?? [];
  if (key === undefined || key === WITHOUT_RIGHTS) return errorAnswer(403, 'AccessDenied');
  if (region !== rules.region) return refuseRegion(rules);
  const date = call.header('x-amz-date') ?? '';
  const at = Date.parse(
    date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
  const isSkewed = Math.abs(Date.now() + rules.aheadMs - at) > SKEW_MS;
  return isSkewed ? errorAnswer(403, 'RequestTimeTooSkewed') : undefined;
}

function refuseRegion({ region, wrongRegion }: Rules): Answer {
  const said = { 'x-amz-bucket-region': region };
  const answer =
    wrongRegion === 'redirect'
      ? errorAnswer(301, 'PermanentRedirect', { Endpoint: `s3.${region}.example` })
      : errorAnswer(400, 'AuthorizationHeaderMalformed', { Region: region });
  return { ...answer, headers: { ...answer.headers, ...said } };
}

function serveBucket(bucket: FakeBucket, call: Call, rules: Rules): Answer {
  switch (call.operation) {
    case 'HeadBucket':
      return { status: 200 };
    case 'GetBucketVersioning':
      return xmlAnswer({ VersioningConfiguration: {} });
    case 'ListObjectsV2':
      return listObjects(bucket, call, rules);
    case 'ListMultipartUploads':
      return listUploads(bucket, call, rules);
    case 'PutObject':
      return storeObject(bucket, call, rules);
    case 'GetObject':
    case 'HeadObject':
      return fetchObject(bucket, call);
    case 'CopyObject':
      return copyObject(bucket, call, rules);
    case 'DeleteObject':
      bucket.delete(call.key);
      return { status: 204 };
    case 'DeleteObjects':
      return deleteObjects(bucket, call, rules);
    default:
      return serveUpload(bucket, call, rules);
  }
}

function serveUpload(bucket: FakeBucket, call: Call, rules: Rules): Answer {
  const upload = findUpload(bucket, call);
  switch (call.operation) {
    case 'CreateMultipartUpload':
      return createUpload(bucket, call);
    case 'UploadPart':
      return upload === undefined
        ? errorAnswer(404, 'NoSuchUpload')
        : storePart(upload, call, rules);
    case 'UploadPartCopy':
      return copyPart(bucket, call, rules);
    case 'CompleteMultipartUpload':
      return completeUpload(bucket, call, rules);
    case 'AbortMultipartUpload':
      if (upload === undefined) return errorAnswer(404, 'NoSuchUpload');
      bucket.uploads.delete(upload.id);
      return { status: 204 };
    default:
      return errorAnswer(501, 'NotImplemented');
  }
}
