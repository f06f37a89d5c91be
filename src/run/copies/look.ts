/** Looking at copies: nothing is locked and nothing is changed. */
import { findBackup } from '../../config/plan/tasks.js';
import type { Copy, Listing } from '../../copy/copy.js';
import type { Manifest } from '../../copy/manifest.js';
import { within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { sinkOf, storedCopy } from '../operation/places.js';
import { type PrintedLine, restoreLinesOf } from '../restore/lines.js';
import { locateCopy } from './find-copy.js';

export interface ListRequest {
  /** Undefined: the only backup. */
  readonly task: string | undefined;
}

export interface ListedCopies {
  readonly task: string;
  readonly listing: Listing;
}

export async function listCopies(
  operation: Operation,
  { task }: ListRequest,
): Promise<ListedCopies> {
  const backup = findBackup(operation.plan, task);
  const own = operation.about(backup.id);
  const listing = await within(own, sinkOf(own, backup), (sink) =>
    sink.list({ signal: own.signal }),
  );
  return { task: backup.id, listing };
}

export interface ShowRequest {
  readonly task: string;
  /** A prefix, or `latest`. */
  readonly copy: string;
}

export interface ShownCopy {
  readonly copy: Copy;
  /** Undefined for a copy of the original PALHM. */
  readonly manifest: Manifest | undefined;
  /** How each object is restored without palhm; empty without a manifest. */
  readonly lines: readonly PrintedLine[];
}

/** Failure COPY_NOT_FOUND, MANIFEST_INVALID, SIGNATURE_INVALID. */
export async function showCopy(operation: Operation, request: ShowRequest): Promise<ShownCopy> {
  const backup = findBackup(operation.plan, request.task);
  const own = operation.about(backup.id);
  return await within(own, sinkOf(own, backup), async (sink) => {
    const copy = await locateCopy(own, sink, request.copy);
    return await within(own, storedCopy(sink, copy.prefix), async (stored) => {
      const manifest = await stored.manifest();
      return {
        copy,
        manifest,
        lines: manifest === undefined ? [] : restoreLinesOf(manifest, stored),
      };
    });
  });
}
