/**
 * Makes the client of the AWS SDK as the plan says. This file and the SDK are loaded only when a task uses S3.
 *
 * palhm reads the environment of its context alone. The SDK cannot be told to: what it looks up by itself (AWS_PROFILE,
 * AWS_ACCESS_KEY_ID, AWS_REGION, AWS_ENDPOINT_URL, HOME and others) comes from the environment of the process.
 */
import { createHash } from 'node:crypto';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { renderValue } from '../../../config/plan/render-value.js';
import type { S3CredentialsPlan, S3Plan } from '../../../config/plan/sinks/aws-s3.js';
import type { Value } from '../../../config/plan/value.js';
import { factsOf } from '../../../exec/facts.js';
import { resolveValue } from '../../../exec/values.js';
import type { Connection } from '../bucket/store.js';
import { leavePayloadUnsigned } from '../upload/payload.js';
import { giveUpAfterStop } from './after-stop.js';
import type { ClientContext } from './client-context.js';
import { collectLessOften } from './garbage.js';
import { withoutNodeWarning } from './node-warning.js';
import { addObjectHeaders } from './object-headers.js';
import { retryClockSkew } from './skew.js';
import { addThrottle } from './throttle.js';

/** A connection that carries nothing for this long is closed, and the request is sent again. */
const STALL_MS = 30_000;
const CONNECT_MS = 10_000;
/** With the exponential waits of the SDK (jitter, at most 20 s each), a store may be away for about two minutes. */
const ATTEMPTS = 8;
const STOP_MS = 20_000;
const SOCKETS = 128;
/** For stores other than AWS, which mostly accept any region. It is also the default region of AWS. */
const DEFAULT_REGION = 'us-east-1';

export interface Patience {
  readonly stallMs: number;
  readonly attempts: number;
  /** How long a request may go on after the run was stopped; by default 20 s. */
  readonly stopMs?: number;
}

export const PATIENCE: Patience = { stallMs: STALL_MS, attempts: ATTEMPTS };

export async function connect(
  plan: S3Plan,
  context: ClientContext,
  patience: Patience = PATIENCE,
): Promise<Connection> {
  collectLessOften();
  const { client, close } = await makeTaskClient(
    plan,
    context,
    await configOf(plan, context, patience),
  );
  // Of the store's clock before this one, in milliseconds.
  let ahead = 0;
  addContentMd5(client);
  leavePayloadUnsigned(client);
  addObjectHeaders(client, plan);
  if (plan.bandwidth !== undefined) addThrottle(client, plan.bandwidth);
  retryClockSkew(client);
  client.middlewareStack.add(
    (next) => async (request) => {
      const result = await next(request);
      const date = Date.parse(dateOf(result.response) ?? '');
      if (!Number.isNaN(date)) ahead = date - Date.now();
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'palhmStoreTime' },
  );
  const { signal } = context;
  const patienceMs = patience.stopMs ?? STOP_MS;
  const bounded = signal === undefined ? client : giveUpAfterStop(client, { signal, patienceMs });
  return { client: bounded, stallMs: patience.stallMs, storeTime: () => Date.now() + ahead, close };
}

/** With a role there are two clients: one with the credentials that were found assumes the role for the other. */
async function makeTaskClient(
  { roleArn, endpoint }: S3Plan,
  context: ClientContext,
  config: S3ClientConfig,
): Promise<Pick<Connection, 'client' | 'close'>> {
  const source = await makeClient(config);
  if (config.credentials === undefined) learnFoundKeys(source, context);
  if (roleArn === undefined) return { client: source, close: () => source.destroy() };
  const { lendRole } = await import('./role.js');
  const role = lendRole(source, { roleArn, endpoint, context });
  const client = await makeClient({ ...config, credentials: role.credentials });
  const close = (): void => {
    client.destroy();
    role.close();
    source.destroy();
  };
  return { client, close };
}

async function configOf(
  plan: S3Plan,
  context: ClientContext,
  patience: Patience,
): Promise<S3ClientConfig> {
  const { credentials, endpoint, profile, region } = plan;
  const checksums = plan.checksum === 'when-required' ? 'WHEN_REQUIRED' : 'WHEN_SUPPORTED';
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === undefined ? {} : { profile }),
    ...(credentials === undefined ? {} : { credentials: await resolve(credentials, context) }),
    forcePathStyle: plan.forcePathStyle,
    requestChecksumCalculation: checksums,
    responseChecksumValidation: checksums,
    maxAttempts: patience.attempts,
    logger: SILENT,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: patience.stallMs,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
    },
  };
}

/** Without it, the SDK writes its remarks to stderr, past the log: for example which source of credentials it chose. */
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {}

async function resolve(
  credentials: S3CredentialsPlan,
  { task, host, environment, redactor, signal }: ClientContext,
): Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const sources = {
    facts: factsOf({ task, host }),
    inherited: environment,
    redactor,
    signal,
  };
  const secret = async (value: Value, key: string): Promise<string> => {
    const text = await resolveValue(value, sources);
    // Also one that is written in the config. What stands for it must not be a part of it.
    redactor.learn(text, value.type === 'literal' ? `\${${key}}` : renderValue(value));
    return text;
  };
  return {
    accessKeyId: await resolveValue(accessKeyId, sources),
    secretAccessKey: await secret(secretAccessKey, 'secret-access-key'),
    ...(sessionToken === undefined
      ? {}
      : { sessionToken: await secret(sessionToken, 'session-token') }),
  };
}

/**
 * Learns the keys that the SDK finds itself: in a shared file, from a credential_process, a session, an instance. It asks for
 * them when a request is signed: so before the first stage, since every operation asks the store first.
 */
function learnFoundKeys({ config }: S3Client, { redactor }: ClientContext): void {
  const find = config.credentials;
  config.credentials = async (...how) => {
    const found = await find(...how);
    for (const secret of [found.secretAccessKey, found.sessionToken ?? ''])
      redactor.learn(secret, 'the credentials that the AWS SDK has found');
    return found;
  };
}

/** A store with its own endpoint needs no region, but the SDK needs one to sign. */
async function makeClient(config: S3ClientConfig): Promise<S3Client> {
  const client = withoutNodeWarning(() => new S3Client(config));
  if (config.endpoint === undefined || config.region !== undefined) return client;
  const known = await client.config.region().then(
    () => true,
    () => false,
  );
  if (known) return client;
  client.destroy();
  return withoutNodeWarning(() => new S3Client({ ...config, region: DEFAULT_REGION }));
}

const NEED_MD5 = new Set(['DeleteObjectsCommand', 'PutObjectRetentionCommand']);

/** Stores that do not know the CRC32 of the SDK refuse these requests without Content-MD5. All stores accept it. */
function addContentMd5(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (call) => {
        const { request } = call;
        if (NEED_MD5.has(commandName ?? '') && isHttpRequest(request)) {
          for (const name of Object.keys(request.headers)) {
            if (/^x-amz-(sdk-)?checksum/i.test(name)) delete request.headers[name];
          }
          request.headers['content-md5'] = createHash('md5').update(request.body).digest('base64');
        }
        return next(call);
      },
    { step: 'build', priority: 'low', name: 'palhmContentMd5' },
  );
}

interface HttpRequest {
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

function isHttpRequest(request: unknown): request is HttpRequest {
  if (typeof request !== 'object' || request === null) return false;
  if (!('headers' in request) || !('body' in request)) return false;
  return typeof request.body === 'string' || request.body instanceof Uint8Array;
}

function dateOf(response: unknown): string | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) {
    return undefined;
  }
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) {
    return undefined;
  }
  return typeof headers.date === 'string' ? headers.date : undefined;
}
