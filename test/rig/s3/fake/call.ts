/** A request, taken apart, and what it asks for. */
import type { IncomingMessage } from 'node:http';

export interface Call {
  readonly operation: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  /** One value each. */
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
}

export async function readCall(request: IncomingMessage): Promise<Call> {
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://fake');
  const [, bucket = '', ...rest] = pathname.split('/').map(decodeURIComponent);
  const key = rest.join('/');
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return Array.isArray(value) ? value.join(',') : value;
  };
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const sent = Buffer.concat(chunks);
  const isChunked = header('content-encoding')?.includes('aws-chunked') === true;
  const isCopy = header('x-amz-copy-source') !== undefined;
  const operation = nameOperation(request.method ?? '', { key, query, isCopy });
  return { operation, bucket, key, query, header, body: isChunked ? decodeChunks(sent) : sent };
}

interface Asked {
  readonly key: string;
  readonly query: URLSearchParams;
  readonly isCopy: boolean;
}

function nameOperation(method: string, { key, query, isCopy }: Asked): string {
  const has = (name: string): boolean => query.has(name);
  const kind = key === '' ? 'bucket' : has('uploadId') ? 'upload' : 'object';
  switch (`${method} ${kind}`) {
    case 'PUT bucket':
      return 'CreateBucket';
    case 'HEAD bucket':
      return 'HeadBucket';
    case 'GET bucket':
      if (has('uploads')) return 'ListMultipartUploads';
      if (has('versioning')) return 'GetBucketVersioning';
      return has('list-type') ? 'ListObjectsV2' : 'unknown';
    case 'POST bucket':
      return has('delete') ? 'DeleteObjects' : 'unknown';
    case 'PUT object':
      return isCopy ? 'CopyObject' : 'PutObject';
    case 'POST object':
      return has('uploads') ? 'CreateMultipartUpload' : 'unknown';
    case 'GET object':
      return 'GetObject';
    case 'HEAD object':
      return 'HeadObject';
    case 'DELETE object':
      return 'DeleteObject';
    case 'PUT upload':
      return isCopy ? 'UploadPartCopy' : 'UploadPart';
    case 'POST upload':
      return 'CompleteMultipartUpload';
    case 'DELETE upload':
      return 'AbortMultipartUpload';
    default:
      return 'unknown';
  }
}

/** Of what is signed or summed up while it is sent: `SIZE;more CRLF bytes CRLF`, then a chunk of size 0 and trailers. */
function decodeChunks(sent: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < sent.length; ) {
    const end = sent.indexOf('\r\n', at);
    const size = Number.parseInt(sent.toString('latin1', at, end), 16);
    if (size === 0) break;
    chunks.push(sent.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(chunks);
}
