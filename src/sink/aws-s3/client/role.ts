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

/** The client that it is made for asks again shortly before they expire. `source` has the credentials that may assume it. */
export function lendRole(source: S3Client, request: RoleRequest): () => Promise<LentCredentials> {
  const { roleArn, task, endpoint } = request;
  // The SDK looks at this variable by itself, but for an endpoint that is given.
  const own = process.env['AWS_ENDPOINT_URL_STS'] === undefined ? endpoint : undefined;
  return async () => {
    const config = {
      credentials: source.config.credentials,
      region: await source.config.region(),
      // With its limits of time.
      requestHandler: source.config.requestHandler,
      ...(own === undefined ? {} : { endpoint: own }),
    };
    const sts = withoutNodeWarning(() => new STSClient(config));
    const RoleSessionName = nameSession(task);
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
