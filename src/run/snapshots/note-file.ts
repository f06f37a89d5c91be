/** The file of a note. Who has its lock may change it, and removes it when nothing is frozen any more. */
import type { FileHandle } from 'node:fs/promises';
import { messageOf } from '../../failure/failure.js';
import {
  emptyRuntimeFile,
  type NamedDescriptor,
  type RuntimeFile,
  removeRuntimeFile,
} from '../../host/runtime-files.js';
import { decode } from '../../wire/decode.js';
import type { FreezeNote } from '../../wire/own-files.js';
import type { Operation } from '../operation/operation.js';

/** How the names of all begin. */
export const START = 'freeze-';

export type LockedNote = RuntimeFile & NamedDescriptor;

/** Undefined when it says of nothing that is frozen. */
export async function readNote(handle: FileHandle): Promise<FreezeNote | undefined> {
  const { size } = await handle.stat();
  const buffer = Buffer.alloc(size);
  const { bytesRead } = await handle.read(buffer, 0, size, 0);
  const parsed = decode('freeze-note', buffer.toString('utf8', 0, bytesRead));
  return parsed.ok ? parsed.value : undefined;
}

/** What goes wrong with a note is told: what was frozen is thawed all the same. */
export function withEach(
  { emit }: Operation,
  files: readonly LockedNote[],
  work: (file: LockedNote) => void,
): void {
  for (const file of files)
    try {
      work(file);
    } catch (error) {
      const message = `the note ${file.path} could not be emptied: the next run thaws once more`;
      emit({ type: 'warning', message, details: [messageOf(error)] });
    }
}

export function removeNote(file: NamedDescriptor): void {
  emptyRuntimeFile(file);
  removeRuntimeFile(file);
}
