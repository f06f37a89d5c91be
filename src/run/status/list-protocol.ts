/** The messages between palhm and the process that lists the copies of one task. Both ends have the same version. */
import type { BackupPlan, Plan } from '../../config/plan/plan.js';
import type { Listing } from '../../copy/copy.js';
import type { HostFacts } from '../operation/operation.js';

export interface ListQuestion {
  readonly backup: Pick<BackupPlan, 'id' | 'sink' | 'sign'>;
  /** One of them may have the same root. */
  readonly tasks: Plan['tasks'];
  readonly environment: HostFacts['environment'];
}

export type ListAnswer =
  | { readonly type: 'listing'; readonly listing: Listing }
  | { readonly type: 'failed'; readonly why: string };
