/** The client of the AWS SDK, made as the plan says. Everything here is loaded when a task stores to S3, not before. */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { S3CredentialsPlan, S3Plan } from '../../../config/plan/sinks/aws-s3.js';
import { factsOf } from '../../../exec/facts.js';
import { createRedactor, resolveValue } from '../../../exec/values.js';
import type { Connection } from '../store.js';
import { withoutNodeWarning } from './node-warning.js';
import { addObjectHeaders } from './object-headers.js';
import { retrySkewed } from './skew.js';
import { addThrottle } from './throttle.js';

/** How long a connection may carry nothing before it is cut and the request sent again. */
const STALL_MS = 30_000;
const CONNECT_MS = 10_000;
/** With the SDK's exponential waits and their jitter, up to 20 s each, about two minutes of a store that is away. */
const ATTEMPTS = 8;
const SOCKETS = 128;
/** Stores other than AWS mostly take any; this is the one that AWS itself means when none is named. */
const REGION_OF_OTHERS = 'us-east-1';

export interface Patience {
  readonly stallMs: number;
  readonly attempts: number;
}

export const PATIENCE: Patience = { stallMs: STALL_MS, attempts: ATTEMPTS };

export async function connect(
  plan: S3Plan,
  task: string,
  patience: Patience = PATIENCE,
): Promise<Connection> {
  const { client, close } = await makeTaskClient(plan, task, await configOf(plan, task, patience));
  let ahead = 0;
  addContentMd5(client);
  addObjectHeaders(client, plan);
  if (plan.bandwidth !== undefined) addThrottle(client, plan.bandwidth);
  retrySkewed(client);
  client.middlewareStack.add(
    (next) => async (request) => {
      const result = await next(request);
      const date = Date.parse(dateOf(result.response) ?? '');
      if (!Number.isNaN(date)) ahead = date - Date.now();
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'palhmStoreTime' },
  );
  return { client, stallMs: patience.stallMs, storeTime: () => Date.now() + ahead, close };
}

/** With a role, the client of the credentials found lends those of the other. */
async function makeTaskClient(
  { roleArn, endpoint }: S3Plan,
  task: string,
  config: S3ClientConfig,
): Promise<Pick<Connection, 'client' | 'close'>> {
  const source = await makeClient(config);
  if (roleArn === undefined) return { client: source, close: () => source.destroy() };
  const { lendRole } = await import('./role.js');
  const role = lendRole(source, { roleArn, task, endpoint });
  const client = await makeClient({ ...config, credentials: role.credentials });
  const close = (): void => {
    client.destroy();
    role.close();
    source.destroy();
  };
  return { client, close };
}

async function configOf(plan: S3Plan, task: string, patience: Patience): Promise<S3ClientConfig> {
  const { credentials, endpoint, profile, region } = plan;
  const checksums = plan.checksum === 'when-required' ? 'WHEN_REQUIRED' : 'WHEN_SUPPORTED';
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === undefined ? {} : { profile }),
    ...(credentials === undefined ? {} : { credentials: await resolve(credentials, task) }),
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

/** What the SDK says, such as which of several sources of credentials it takes, goes past the log otherwise, to stderr. */
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {}

async function resolve(
  credentials: S3CredentialsPlan,
  task: string,
): Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const sources = {
    facts: factsOf({ task, host: hostname() }),
    // The SDK itself looks for credentials there, too.
    inherited: process.env,
    // Nothing of what these are is ever shown, so nobody has to be told.
    redactor: createRedactor(),
  };
  return {
    accessKeyId: await resolveValue(accessKeyId, sources),
    secretAccessKey: await resolveValue(secretAccessKey, sources),
    ...(sessionToken === undefined
      ? {}
      : { sessionToken: await resolveValue(sessionToken, sources) }),
  };
}

/** With an endpoint of its own a store needs no region, but the SDK does, to sign. */
async function makeClient(config: S3ClientConfig): Promise<S3Client> {
  const client = withoutNodeWarning(() => new S3Client(config));
  if (config.endpoint === undefined || config.region !== undefined) return client;
  const known = await client.config.region().then(
    () => true,
    () => false,
  );
  if (known) return client;
  client.destroy();
  return withoutNodeWarning(() => new S3Client({ ...config, region: REGION_OF_OTHERS }));
}

const NEED_MD5 = new Set(['DeleteObjectsCommand', 'PutObjectRetentionCommand']);

/** Stores older than the SDK's CRC32 refuse these without Content-MD5; all take it. */
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
