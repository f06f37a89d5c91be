/** An image of a copy names no other file: what it is based on could be any file of this host, and the machine would read it. */
import { constants } from 'node:fs';
import { Failure } from '../../../failure/failure.js';
import { runHelper } from '../../../host/helper.js';
import type { OpenImage } from '../image/image.js';

const READ_MS = 60_000;

/** What qemu-img says, as far as it is used. */
interface ImageInfo {
  readonly 'backing-filename'?: string;
  readonly 'format-specific'?: { readonly data?: { readonly 'data-file'?: string } };
}

/** Before anything runs: whether it can be looked at later. Failure TARGET_UNUSABLE. */
export async function needQemuImg(): Promise<void> {
  await runHelper({ argv: ['qemu-img', '--version'], code: 'TARGET_UNUSABLE', timeoutMs: READ_MS });
}

/** `path`: of the object, which has become a qcow2 image. Failure NOT_RESTORABLE. */
export async function checkWhole(
  image: OpenImage,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const handle = await image.reopen(constants.O_RDONLY);
  try {
    const { stdout } = await runHelper({
      argv: ['qemu-img', 'info', '--output=json', '-U', '-f', 'qcow2', '/proc/self/fd/3'],
      fd: handle.fd,
      code: 'NOT_RESTORABLE',
      hint: `object "${path}" is named like a qcow2 image: see whether it is one`,
      timeoutMs: READ_MS,
      signal,
    });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the documented output of qemu-img(1)
    const info = JSON.parse(stdout) as ImageInfo;
    const base = info['backing-filename'];
    const data = info['format-specific']?.data?.['data-file'];
    if (base !== undefined) throw notWhole(path, `is based on ${base}`);
    if (data !== undefined) throw notWhole(path, `has its data in ${data}`);
  } finally {
    await handle.close();
  }
}

function notWhole(path: string, why: string): Failure {
  return new Failure({
    code: 'NOT_RESTORABLE',
    message: `the image of object "${path}" is only a part of a disk: it ${why}, and the machine would read that file of this host`,
    hint: 'when that file is the right one, restore the image with --onto and define the XML by virsh define; back up whole disks: qemu-img convert',
  });
}
