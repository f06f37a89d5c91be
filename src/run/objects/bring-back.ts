/** Brings one object back: its stored bytes go through a pipeline, and are compared with its manifest on the way. */
import type { ExecPlan } from '../../config/plan/plan.js';
import { HINT_READER_ENDED } from '../../exec/failure-report.js';
import { type PipelineStart, runPipeline } from '../../exec/pipeline.js';
import { Failure } from '../../failure/failure.js';
import type { Digest, ObjectReader, StoredCopy } from '../../sink/sink.js';

/** What is known of the stored bytes of an object. */
export interface StoredFacts {
  readonly path: string;
  readonly volumes?: readonly string[] | undefined;
  readonly size: number;
  /** Undefined in a copy without a manifest. */
  readonly sha256: string | undefined;
}

export interface BringBackRequest
  extends Pick<PipelineStart, 'context' | 'onLine' | 'onLeftOut' | 'onHeld' | 'signal'> {
  readonly stored: StoredCopy;
  readonly object: StoredFacts;
  /** What the bytes go through, in order; at least one. */
  readonly execs: readonly ExecPlan[];
  /** Where the last stage writes. */
  readonly stdout: PipelineStart['stdout'];
  /** Called when the stages have their descriptors. */
  readonly onStarted?: () => void;
  /** Gets the reader, which knows how many bytes were read so far. */
  readonly onReader?: (reader: Pick<ObjectReader, 'bytes'>) => void;
}

/**
 * Runs the pipeline to its end. Failure COPY_DAMAGED when the stored bytes are not what the manifest says, also when a
 * stage failed because of that; otherwise the failure of the pipeline or of the store. The output of the last stage must
 * not be used before this has returned.
 */
export async function bringBack(request: BringBackRequest): Promise<void> {
  const { stored, object, signal } = request;
  const reader = await stored.read(piecesOf(object), object.size);
  request.onReader?.(reader);
  const onStarted = (): void => {
    reader.handOver();
    request.onStarted?.();
  };
  try {
    await runPipeline({ ...request, stdin: reader.fd, onStarted });
  } catch (error) {
    throw await findRealFailure(request, reader, error);
  }
  confirmDigest(object, await finishReading(reader, signal));
}

/** What the last stage did not read is read to its end, which may take long: until the signal is aborted. */
async function finishReading(reader: ObjectReader, signal: AbortSignal): Promise<Digest> {
  const stop = (): void => void reader.abort().catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) stop();
    return await reader.finish();
  } finally {
    signal.removeEventListener('abort', stop);
    signal.throwIfAborted();
  }
}

/** The names under which the store keeps an object. */
export function piecesOf({
  volumes,
  path,
}: Pick<StoredFacts, 'volumes' | 'path'>): readonly string[] {
  return volumes ?? [path];
}

/** Failure COPY_DAMAGED unless the manifest has the same digest. */
export function confirmDigest(object: StoredFacts, { size, sha256 }: Digest): void {
  const name = JSON.stringify(object.path);
  if (size !== object.size)
    throw damaged(`object ${name} has ${size} bytes, the manifest says ${object.size}`);
  if (object.sha256 === undefined || sha256 === object.sha256) return;
  throw damaged(`object ${name} has the SHA-256 ${sha256}, the manifest says ${object.sha256}`);
}

function damaged(message: string): Failure {
  return new Failure({ code: 'COPY_DAMAGED', message, hint: 'restore it from another copy' });
}

/** Returns the failure to report. Where the stored bytes are damaged, a stage that failed is only a consequence. */
async function findRealFailure(
  { object, signal }: BringBackRequest,
  reader: ObjectReader,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof Failure) || signal.aborted) {
    await reader.abort();
    return error;
  }
  const cause = await findDamage(object, finishReading(reader, signal));
  if (cause === undefined || signal.aborted) return adviseOnInverse(error);
  return cause.withDetails([`a stage then failed: ${error.message}`, ...error.details]);
}

/** Replaces what to do next where it is nothing that an inverse allows. */
function adviseOnInverse(error: Failure): Failure {
  return error.hint === HINT_READER_ENDED ? error.as({ hint: HINT_READ_TO_END }) : error;
}

const HINT_READ_TO_END =
  'let its reader read to the end (sed -n 1,10p instead of head), or restore it with --to and look there';

async function findDamage(
  object: StoredFacts,
  reading: Promise<Digest>,
): Promise<Failure | undefined> {
  try {
    confirmDigest(object, await reading);
    return undefined;
  } catch (error) {
    return error instanceof Failure ? error : undefined;
  }
}
