/** Listing and showing copies. Nothing is locked and nothing is changed. */
import type { BackupPlan } from '../../config/plan/plan.js';
import type { Copy, Listing } from '../../copy/copy.js';
import type { Manifest } from '../../copy/manifest.js';
import { planDecoding } from '../objects/decoding.js';
import { within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { sinkBracket, storedCopyBracket } from '../operation/places.js';
import {
  inversesFor,
  type RestoreLine,
  restoreLinesOf,
  warnOfSuspects,
  warnOfUnknown,
} from '../restore/lines.js';
import { chooseLatest, locateCopy } from './find-copy.js';

export interface ListRequest {
  /** Undefined: the only backup. */
  readonly task: string | undefined;
}

export interface CopyListing {
  readonly task: string;
  /** The root, for people. */
  readonly root: string;
  readonly listing: Listing;
  /** When it was listed, epoch milliseconds. */
  readonly now: number;
}

/** Warns of what is not the newest copy though its name says so. */
export async function listCopies(operation: Operation, backup: BackupPlan): Promise<CopyListing> {
  const { root, listing } = await within(
    operation,
    sinkBracket(operation, backup),
    async (sink) => ({
      root: sink.description,
      listing: await sink.list({ signal: operation.signal }),
    }),
  );
  const now = operation.host.clock();
  chooseLatest(operation.emit, { copies: listing.copies, now });
  return { task: backup.id, root, listing, now };
}

export interface ShowRequest {
  readonly task: string;
  /** A prefix, or `latest`. */
  readonly copy: string;
}

export interface CopyDetails {
  readonly copy: Copy;
  /** Undefined for a copy without a manifest. */
  readonly manifest: Manifest | undefined;
  /** The shell line that restores each object without palhm. Empty without a manifest. */
  readonly lines: readonly RestoreLine[];
}

/** `wanted`: a prefix, or `latest`. Failure COPY_NOT_FOUND, MANIFEST_INVALID, SIGNATURE_INVALID. */
export async function showCopy(
  operation: Operation,
  backup: BackupPlan,
  wanted: string,
): Promise<CopyDetails> {
  return await within(operation, sinkBracket(operation, backup), async (sink) => {
    const copy = await locateCopy(operation, { task: backup.id, sink }, wanted);
    return await within(operation, storedCopyBracket(sink, copy.prefix), async (stored) => {
      const manifest = await stored.manifest();
      const lines = manifest === undefined ? [] : restoreLinesOf(manifest, stored);
      const inverses = await inversesFor(operation, manifest?.task ?? '');
      const encoded = manifest?.objects ?? [];
      warnOfUnknown(
        operation,
        encoded.map((object) => planDecoding(object, inverses)),
      );
      warnOfSuspects(operation, lines);
      return { copy, manifest, lines };
    });
  });
}
