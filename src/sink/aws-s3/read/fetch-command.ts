/** The command of the AWS CLI that gets the bytes of an object, for a host without palhm. */
import type { S3Plan } from '../../../config/plan/sinks/aws-s3.js';
import { quoteForShell } from '../../../units/shell-quote.js';
import { type Store, urlOf } from '../bucket/store.js';

/** The options that name this store. The credentials are left to the person who runs the command. */
export function awsOptionsOf({ endpoint, region, profile }: S3Plan): readonly string[] {
  return [
    ...(endpoint === undefined ? [] : ['--endpoint-url', endpoint]),
    ...(region === undefined ? [] : ['--region', region]),
    ...(profile === undefined ? [] : ['--profile', profile]),
  ];
}

/** A shell command that writes the pieces in order to stdout. */
export function fetchCommand(
  store: Pick<Store, 'bucket'>,
  keys: readonly string[],
  options: readonly string[],
): string {
  const commands = keys.map((key) =>
    ['aws', 's3', 'cp', urlOf(store, key), '-', ...options].map(quoteForShell).join(' '),
  );
  return commands.length === 1 ? commands.join('') : `{ ${commands.join(' && ')}; }`;
}
