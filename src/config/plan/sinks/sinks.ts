/** The only file of config that knows every backend: the closed union of their plans, and the function for each. */

import { assertNever } from '../../../failure/failure.js';
import type { Cursor } from '../../check/cursor.js';
import type { BackupTask } from '../../check/types.gen.js';
import type { Problems } from '../../read/diagnostics.js';
import { resolveS3, type S3Plan } from './aws-s3.js';
import { type LocalfsPlan, resolveLocalfs } from './localfs.js';
import type { NullPlan } from './null.js';

export type SinkPlan = LocalfsPlan | S3Plan | NullPlan;

/** Undefined when the parameters have an error, which is reported. */
export function resolveSink(at: Cursor<BackupTask>, problems: Problems): SinkPlan | undefined {
  const { value, node } = at;
  switch (value.backend) {
    case 'localfs':
      return resolveLocalfs({ value, node }, problems);
    case 'null':
      return { type: 'null' };
    case 'aws-s3':
      return resolveS3({ value, node }, problems);
    default:
      return assertNever(value);
  }
}
