/** Temporary credentials of a role, from AWS STS or from the STS of the store. They are renewed before they expire. */
import type { S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { Failure } from '../../../failure/failure.js';
import type { ClientContext } from './client-context.js';
import { withoutNodeWarning } from './node-warning.js';
import { asStoreFailure } from './s3-failure.js';

export interface RoleRequest {
  readonly roleArn: string;
  /** Of the store. A store other than AWS has its own STS, at the same endpoint. */
  readonly endpoint: string | undefined;
  readonly context: ClientContext;
}

interface LentCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

interface LentRole {
  /** The client that uses them asks again shortly before they expire. */
  readonly credentials: () => Promise<LentCredentials>;
  /** Closes the client of the STS. */
  close(): void;
}

/** `source` has the credentials that may assume the role. */
export function lendRole(source: S3Client, request: RoleRequest): LentRole {
  let sts: Promise<STSClient> | undefined;
  return {
    credentials: async () => {
      sts ??= openSts(source, request);
      return assumeRole(await sts, request);
    },
    close: () =>
      void sts?.then(
        (client) => client.destroy(),
        () => undefined,
      ),
  };
}

async function openSts(source: S3Client, { endpoint, context }: RoleRequest): Promise<STSClient> {
  // The SDK reads this variable too, but an endpoint that is given here would come before it.
  const isElsewhere = context.environment['AWS_ENDPOINT_URL_STS'] !== undefined;
  const config = {
    credentials: source.config.credentials,
    region: await source.config.region(),
    // It has the time limits.
    requestHandler: source.config.requestHandler,
    ...(endpoint === undefined || isElsewhere ? {} : { endpoint }),
  };
  return withoutNodeWarning(() => new STSClient(config));
}

async function assumeRole(
  sts: STSClient,
  { roleArn, context }: RoleRequest,
): Promise<LentCredentials> {
  const { Credentials } = await asRoleFailure(roleArn, () =>
    sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: nameSession(context) })),
  );
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined) throw withoutCredentials(roleArn);
  const lent = `the credentials of the role ${roleArn}`;
  for (const secret of [SecretAccessKey, SessionToken ?? '']) context.redactor.learn(secret, lent);
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(SessionToken === undefined ? {} : { sessionToken: SessionToken }),
    ...(Expiration === undefined ? {} : { expiration: Expiration }),
  };
}

/** The session name that the logs of the store show. STS allows letters, digits and `+=,.@-_`, at most 64 characters. */
export function nameSession({ task, host }: Pick<ClientContext, 'task' | 'host'>): string {
  return `palhm-${task}-${host}`.replaceAll(/[^\w+=,.@-]/g, '-').slice(0, 64);
}

async function asRoleFailure<T>(roleArn: string, work: () => Promise<T>): Promise<T> {
  const doing = `assume the role ${roleArn}`;
  try {
    return await asStoreFailure(doing, work);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'STORE_DENIED') throw error;
    const hint =
      'the trust policy of the role must name who assumes it, and that one needs the right sts:AssumeRole';
    throw error.as({ hint });
  }
}

function withoutCredentials(roleArn: string): Failure {
  return new Failure({
    code: 'STORE_NO_CREDENTIALS',
    message: `the role ${roleArn} was assumed but came without credentials`,
    hint: 'see whether "endpoint", or AWS_ENDPOINT_URL_STS, leads to an STS service',
  });
}
