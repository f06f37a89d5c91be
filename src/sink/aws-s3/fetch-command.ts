/** How the aws command line gets the bytes of an object, for whoever has no palhm. */
import type { S3Plan } from '../../config/plan/sinks/aws-s3.js';
import { quoteForShell } from '../../units/shell-quote.js';
import { nameOf, type Store } from './store.js';

/** What a person's own environment does not say of this store. Credentials are theirs to give. */
export function awsOptionsOf({ endpoint, region, profile }: S3Plan): readonly string[] {
  return [
    ...(endpoint === undefined ? [] : ['--endpoint-url', endpoint]),
    ...(region === undefined ? [] : ['--region', region]),
    ...(profile === undefined ? [] : ['--profile', profile]),
  ];
}

/** Writes the pieces in order to stdout. */
export function fetchCommand(
  store: Pick<Store, 'bucket'>,
  keys: readonly string[],
  options: readonly string[],
): string {
  const commands = keys.map((key) =>
    ['aws', 's3', 'cp', nameOf(store, key), '-', ...options].map(quoteForShell).join(' '),
  );
  return commands.length === 1 ? commands.join('') : `{ ${commands.join(' && ')}; }`;
}
