/** Credentials of a role, lent by AWS STS or by the store's own and renewed before they end. */
import { hostname } from 'node:os';
import type { S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { Failure } from '../../../failure/failure.js';
import { withoutNodeWarning } from './node-warning.js';
import { asStoreFailure } from './s3-failure.js';

export interface RoleRequest {
  readonly roleArn: string;
  readonly task: string;
  /** Of the store: another than AWS lends its roles itself. */
  readonly endpoint: string | undefined;
}

interface LentCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

interface LentRole {
  /** The client that it is made for asks again shortly before they expire. */
  readonly credentials: () => Promise<LentCredentials>;
  /** Closes what has been opened to ask for them. */
  close(): void;
}

/** `source` has the credentials that may assume the role. */
export function lendRole(source: S3Client, request: RoleRequest): LentRole {
  const { roleArn, task } = request;
  let sts: Promise<STSClient> | undefined;
  return {
    credentials: async () => {
      sts ??= openSts(source, request);
      return assumeRole(await sts, roleArn, nameSession(task));
    },
    close: () =>
      void sts?.then(
        (client) => client.destroy(),
        () => undefined,
      ),
  };
}

async function openSts(source: S3Client, { endpoint }: RoleRequest): Promise<STSClient> {
  // The SDK looks at this variable by itself, but for an endpoint that is given.
  const own = process.env['AWS_ENDPOINT_URL_STS'] === undefined ? endpoint : undefined;
  const config = {
    credentials: source.config.credentials,
    region: await source.config.region(),
    // With its limits of time.
    requestHandler: source.config.requestHandler,
    ...(own === undefined ? {} : { endpoint: own }),
  };
  return withoutNodeWarning(() => new STSClient(config));
}

async function assumeRole(
  sts: STSClient,
  roleArn: string,
  RoleSessionName: string,
): Promise<LentCredentials> {
  const { Credentials } = await explained(roleArn, () =>
    sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName })),
  );
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined) throw lentNothing(roleArn);
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(SessionToken === undefined ? {} : { sessionToken: SessionToken }),
    ...(Expiration === undefined ? {} : { expiration: Expiration }),
  };
}

/** What is seen in the logs of the store: letters, digits and `+=,.@-_`, at most 64 of them. */
export function nameSession(task: string, host: string = hostname()): string {
  return `palhm-${task}-${host}`.replaceAll(/[^\w+=,.@-]/g, '-').slice(0, 64);
}

async function explained<T>(roleArn: string, work: () => Promise<T>): Promise<T> {
  const doing = `assume the role ${roleArn}`;
  try {
    return await asStoreFailure(doing, work);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'STORE_DENIED') throw error;
    const { code, message, details } = error;
    const hint =
      'the trust policy of the role must name who assumes it, and that one needs the right sts:AssumeRole';
    throw new Failure({ code, message, details, hint, cause: error });
  }
}

function lentNothing(roleArn: string): Failure {
  return new Failure({
    code: 'STORE_NO_CREDENTIALS',
    message: `the role ${roleArn} was assumed but came without credentials`,
    hint: 'see whether "endpoint", or AWS_ENDPOINT_URL_STS, leads to an STS service',
  });
}
