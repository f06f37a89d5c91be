/** Turns an error of the AWS SDK into a Failure. */
import { Failure, messageOf } from '../../../failure/failure.js';
import { classifyError, type ErrorClass, KEY_SERVICE, NO_STORE, ROTTEN } from './error-classes.js';

/** Does the work. An error of the store or of the connection becomes a Failure, whose message is "cannot " and `doing`. */
export async function asStoreFailure<T>(doing: string, work: () => Promise<T>): Promise<T> {
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
  const errorClass = classOf(error, name);
  const { code, hint } = errorClass;
  const said = errorClass === NO_STORE ? wordForeign(error) : describe(error, name);
  const region = code === 'STORE_WRONG_REGION' ? regionOf(error) : undefined;
  return new Failure({
    code,
    message: `cannot ${doing}: ${said}`,
    details: detailsOf(error),
    hint: region === undefined ? hint : `set "region" to ${JSON.stringify(region)}`,
    cause: error,
  });
}

function classOf(error: Error, name: string): ErrorClass {
  if (isOfNoStore(error, name)) return NO_STORE;
  // The SDK has no code for what does not have the checksum that the store has of it.
  if (error.message.startsWith('Checksum mismatch')) return ROTTEN;
  const status = statusOf(error);
  const isOfKeyService =
    [400, 403].includes(status ?? 0) && /\bkms\b/i.test(`${name} ${error.message}`);
  return isOfKeyService ? KEY_SERVICE : classifyError(name, status);
}

/** The HTTP status of an error of the store. Undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  const status = fieldOf(fieldOf(error, '$metadata'), 'httpStatusCode');
  return typeof status === 'number' ? status : undefined;
}

/** The name that the store gives to an error, such as `NoSuchKey`. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return 'Code' in error && typeof error.Code === 'string' ? error.Code : error.name;
}

export function isMissing(error: unknown): boolean {
  return ['NoSuchKey', 'NotFound', 'NoSuchUpload'].includes(codeOf(error));
}

/** An error of the SDK or of the system has a code or an answer. A defect of palhm has neither. */
function isDefect(error: Error): boolean {
  const known = '$metadata' in error || 'code' in error || '$fault' in error;
  return !known && ['TypeError', 'ReferenceError', 'RangeError'].includes(error.name);
}

/** Of these answers the store itself is the cause: it wants another key, or to be asked later. */
const OF_STORE = new Set([401, 408, 429]);

/**
 * True for a failure that the store has answered with, and that may be about the one object that was asked for: this key may
 * not read it, it is archived, its blocks are damaged. Whether the store is well otherwise, the caller has to ask.
 */
export function mayBeOfOneObject(error: unknown): error is Failure {
  if (!(error instanceof Failure)) return false;
  if (error.code === 'COPY_DAMAGED') return true;
  const status = statusOf(error.cause) ?? 0;
  const isAnswer = (status >= 400 && status < 500 && !OF_STORE.has(status)) || status === 500;
  return isAnswer && (error.code === 'STORE_DENIED' || error.code === 'SINK_UNAVAILABLE');
}

function describe(error: Error, name: string): string {
  const said = messageOf(error).trim();
  const status = statusOf(error);
  const isNameless = name === 'Unknown' || name === 'UnknownError';
  if (isNameless && status !== undefined) return `the store answers ${status} and does not say why`;
  if (said === '' || said === 'UnknownError') return `the store says ${name}`;
  return said.includes(name) || name === 'Error' ? said : `${name}: ${said}`;
}

/** True for the answer of a web console, a proxy or a web server: HTML, or something that the SDK cannot parse. */
function isOfNoStore(error: Error, name: string): boolean {
  if (messageOf(error).includes('Deserialization error')) return true;
  const isNameless = name === 'Unknown' || name === 'UnknownError';
  return isNameless && headerOf(error, 'content-type')?.startsWith('text/html') === true;
}

function wordForeign(error: Error): string {
  const type = headerOf(error, 'content-type') ?? 'of no type';
  return `what answers there does not speak S3 (status ${statusOf(error) ?? 'unknown'}, ${type})`;
}

/** The region of the bucket, when the store tells it. */
function regionOf(error: Error): string | undefined {
  const header = headerOf(error, 'x-amz-bucket-region');
  if (header !== undefined) return header;
  return 'Region' in error && typeof error.Region === 'string' ? error.Region : undefined;
}

/** A header of the answer. The SDK keeps the answer with the error. */
function headerOf(error: Error, header: string): string | undefined {
  const response = fieldOf(error, '$response');
  const value = fieldOf(fieldOf(response, 'headers'), header);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
}

function detailsOf(error: Error): readonly string[] {
  const request = fieldOf(fieldOf(error, '$metadata'), 'requestId');
  return typeof request === 'string' ? [`request ${request}`] : [];
}
