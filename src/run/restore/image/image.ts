/** Where the bytes of one object become a disk. */
import type { FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../../../failure/failure.js';

export type ImagePlace =
  /** A block device that is there. */
  | { readonly type: 'device'; readonly path: string }
  /** A logical volume that is made for it. */
  | { readonly type: 'volume'; readonly group: string; readonly name: string }
  | { readonly type: 'file'; readonly path: string };

/** An open place. Whoever opens it closes it, on every path. */
export interface OpenImage {
  /** For people: `the block device /dev/sdb`. */
  readonly description: string;
  /** The path that a machine finds it by once it is published. */
  readonly path: string;
  /** What is overwritten, for the person who is asked; empty: nothing. */
  readonly losses: readonly string[];
  /** Whether the object is read to its end before its first byte is written: its size is needed, or something is lost by it. */
  readonly isMeasured: boolean;
  /** To be called once, before it is written. `size` is that of the object, where it is measured. Failure TARGET_UNUSABLE, TARGET_FULL. */
  prepare(size: number | undefined): Promise<void>;
  /** A further handle of it, for one who closes it. */
  reopen(flags: number): Promise<FileHandle>;
  /** Makes it durable, and as small as it can be, when all of it is written. */
  finish(): Promise<void>;
  /** Gives it its name. Nothing that has the name is overwritten unless that was asked for. */
  publish(): Promise<void>;
  /** Frees it. What was not kept is removed as far as palhm has made it. May be called once. */
  close(isKept: boolean): Promise<void>;
}

const VOLUME = /^lvm:([a-zA-Z0-9+_.][a-zA-Z0-9+_.-]*)\/([a-zA-Z0-9+_.][a-zA-Z0-9+_.-]*)$/;

/** `lvm:VG/NAME`, a path below /dev, or the path of a file, which may lead there. Failure USAGE. */
export function parseImagePlace(text: string): ImagePlace {
  const [, group, name] = VOLUME.exec(text) ?? [];
  if (group !== undefined && name !== undefined) return { type: 'volume', group, name };
  if (text === '' || text.startsWith('lvm:'))
    throw new Failure({
      code: 'USAGE',
      message: `"${text}" names no place for a disk`,
      hint: 'name a block device, lvm:VG/NAME for a volume that is to be made, or a file',
    });
  return placeAt(resolve(text));
}

/** Nothing that is mistyped below /dev becomes a file there. `path` is absolute. */
export function placeAt(path: string): ImagePlace {
  return { type: path.startsWith('/dev/') ? 'device' : 'file', path };
}
