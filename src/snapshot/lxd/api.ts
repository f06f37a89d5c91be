/**
 * The REST API of LXD and Incus on its unix socket: what both of them document. Work that takes time is an operation, which goes on
 * also when palhm is gone.
 */
import type { Pool } from 'undici';
import { isErrno } from '../../failure/failure.js';

export interface Instance {
  readonly name: string;
  readonly type: string;
  readonly status: string;
  /** Of the instance itself. */
  readonly config: Readonly<Record<string, string>>;
  /** With those of its profiles. */
  readonly expanded_config: Readonly<Record<string, string>>;
  readonly expanded_devices: Devices;
  readonly profiles: readonly string[];
}

export type Devices = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Task {
  readonly id: string;
  readonly class: string;
  readonly description: string;
  readonly status: string;
  readonly status_code: number;
  readonly err: string;
  readonly resources: Readonly<Record<string, readonly string[]>> | null;
}

/** What the daemon says against a request. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Api {
  /** Rejects with a Refusal. */
  get<T>(path: string, signal?: AbortSignal): Promise<T>;
  /** Does something to its end. Rejects with a Refusal; with the reason of the signal: then it goes on all the same. */
  work(request: Request, signal?: AbortSignal): Promise<void>;
  /** Waits for a task that runs to its end, however that is. */
  settle(task: Task): Promise<void>;
  close(): Promise<void>;
}

export interface Request {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

interface Answer {
  readonly type: 'sync' | 'async' | 'error';
  readonly error_code: number;
  readonly error: string;
  readonly metadata: unknown;
}

/** The end of an operation that has done its work. */
const SUCCESS = 200;
/** An operation has ended from here on (rest-api.md, "Status codes"). */
const ENDED = 200;
/** How long one request waits for the end of an operation. */
const WAIT_S = 20;
/** How long the daemon may take for one answer. */
const ANSWER_MS = 45_000;
/** How long palhm waits to hear whether something was begun, when it has to stop. */
const GRACE_MS = 5000;

export async function openApi(
  socket: string,
  project: string | undefined,
  answerMs = ANSWER_MS,
): Promise<Api> {
  const { Pool: Connections } = await import('undici');
  // Each request has a connection of its own: none of them is idle, so none is lost when the daemon starts anew.
  const pool = new Connections('http://socket', {
    connect: { socketPath: socket },
    pipelining: 0,
    headersTimeout: answerMs,
    bodyTimeout: answerMs,
  });
  const ask = async (request: Asked, signal?: AbortSignal): Promise<unknown> => {
    const { metadata } = await send(pool, { ...request, path: at(request.path, project) }, signal);
    return metadata;
  };
  const waitFor = async (id: string, signal?: AbortSignal): Promise<Task> => {
    for (;;) {
      const path = `/1.0/operations/${id}/wait?timeout=${WAIT_S}`;
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the daemon documents it, and is trusted as root is
      const task = (await ask({ method: 'GET', path }, signal)) as Task;
      if (task.status_code >= ENDED) return task;
    }
  };
  return {
    async get<T>(path: string, signal?: AbortSignal) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the daemon documents it, and is trusted as root is
      return (await ask({ method: 'GET', path }, signal)) as T;
    },
    async work(request, signal) {
      signal?.throwIfAborted();
      // The signal does not keep palhm from knowing whether it was begun, unless the daemon hangs.
      const begun = await withGrace(GRACE_MS, signal, (late) => ask(request, late));
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the daemon documents it, and is trusted as root is
      const { id } = begun as Pick<Task, 'id'>;
      const { status_code, err } = await waitFor(id, signal);
      if (status_code !== SUCCESS) throw new Refusal(status_code, err);
    },
    async settle({ id }) {
      try {
        await waitFor(id);
      } catch (error) {
        // It has ended, and is not listed any more.
        if (!isAbsent(error)) throw error;
      }
    },
    // A request that nobody waits for any more does not keep palhm.
    close: () => pool.destroy(),
  };
}

export function isAbsent(error: unknown): boolean {
  return error instanceof Refusal && error.status === 404;
}

const ERRNOS = ['ENOENT', 'EACCES', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTSOCK'] as const;

/** There is no daemon, palhm may not talk to it, or it hangs. */
export function isUnreachable(error: unknown): boolean {
  return isErrno(error, ...ERRNOS) || (error instanceof Error && SILENT.has(error.name));
}

/** Of undici. */
const SILENT = new Set(['SocketError', 'HeadersTimeoutError', 'BodyTimeoutError']);

/** Does the work with a signal that is aborted so long after the other one. */
async function withGrace<T>(
  ms: number,
  signal: AbortSignal | undefined,
  work: (late: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const over = new AbortController();
  const tell = (): void => void setTimeout(() => late.abort(signal?.reason), ms).unref();
  signal?.addEventListener('abort', tell, { signal: over.signal });
  try {
    return await work(late.signal);
  } finally {
    over.abort();
  }
}

type Asked = Omit<Request, 'method'> & { readonly method: Request['method'] | 'GET' };

async function send(
  pool: Pool,
  { method, path, body }: Asked,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const text = body === undefined ? null : JSON.stringify(body);
  const response = await pool.request({ method, path, body: text, signal: signal ?? null });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the daemon documents it, and is trusted as root is
  const answer = (await response.body.json()) as Answer;
  if (answer.type === 'error') throw new Refusal(answer.error_code, answer.error);
  return answer;
}

function at(path: string, project: string | undefined): string {
  if (project === undefined) return path;
  return `${path}${path.includes('?') ? '&' : '?'}project=${encodeURIComponent(project)}`;
}
