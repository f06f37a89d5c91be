import type { ExecPlan } from '../../config/plan/plan.js';
import type { Copy } from '../../copy/copy.js';
import type { Manifest, ManifestObject } from '../../copy/manifest.js';
import type { StoredCopy } from '../../sink/sink.js';
import type { Operation } from '../operation/operation.js';

/** What lasts as long as the verify of one copy. */
export interface CopyCheck {
  readonly operation: Operation;
  readonly task: string;
  readonly copy: Copy;
  readonly manifest: Manifest;
  /** The objects to read, and what the bytes of each go through. */
  readonly chosen: ReadonlyMap<ManifestObject, readonly ExecPlan[]>;
  readonly depth: 'stored' | 'decoded';
  readonly stored: StoredCopy;
  /** Whether the copy can still be listed. */
  readonly isThere: () => Promise<boolean>;
}
