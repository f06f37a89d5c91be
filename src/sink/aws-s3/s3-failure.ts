/** How an error of the AWS SDK becomes a Failure. */
import { Failure, messageOf } from '../../failure/failure.js';
import { meaningOf } from './meanings.js';

/** Does the work; an error of the store or of the way to it becomes a Failure. `doing` follows "cannot". */
export async function asking<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asS3Failure(error, doing);
  }
}

export function asS3Failure(error: unknown, doing: string): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error;
  if (error.name === 'AbortError' || isDefect(error)) return error;
  const name = codeOf(error);
  const { code, hint } = meaningOf(name, statusOf(error));
  return new Failure({
    code,
    message: `cannot ${doing}: ${describe(error, name)}`,
    details: detailsOf(error),
    hint,
    cause: error,
  });
}

/** The HTTP status of an error of the store; undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  const status = metadataOf(error, 'httpStatusCode');
  return typeof status === 'number' ? status : undefined;
}

function metadataOf(error: unknown, field: string): unknown {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  return Object.entries(metadata).find(([name]) => name === field)?.[1];
}

/** The store's own name for an error, such as `NoSuchKey`. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return 'Code' in error && typeof error.Code === 'string' ? error.Code : error.name;
}

export function isMissing(error: unknown): boolean {
  return ['NoSuchKey', 'NotFound', 'NoSuchUpload'].includes(codeOf(error));
}

/** Errors that the SDK or the system has made carry a code or an answer; a mistake of palhm carries neither. */
function isDefect(error: Error): boolean {
  const known = '$metadata' in error || 'code' in error || '$fault' in error;
  return !known && ['TypeError', 'ReferenceError', 'RangeError'].includes(error.name);
}

function describe(error: Error, name: string): string {
  const said = messageOf(error).trim();
  if (said === '' || said === 'UnknownError') return `the store says ${name}`;
  return said.includes(name) || name === 'Error' ? said : `${name}: ${said}`;
}

function detailsOf(error: Error): readonly string[] {
  const request = metadataOf(error, 'requestId');
  return typeof request === 'string' ? [`request ${request}`] : [];
}
