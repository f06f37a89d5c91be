/** The images of a domain that is off, by the program `qemu-img`. */
import { unlink } from 'node:fs/promises';
import { isErrno } from '../../failure/failure.js';
import { runHelper } from '../../host/helper.js';
import type { Layer } from './domain.js';

const READ_MS = 60_000;

/** What it says of an image, as far as it is used. */
export interface ImageInfo {
  readonly filename: string;
  readonly format: string;
  readonly 'full-backing-filename'?: string;
  /** Those in the image itself. */
  readonly snapshots?: readonly { readonly name: string }[];
}

/** Of a qcow2. */
export async function infoOf(path: string, fd: number): Promise<ImageInfo> {
  const { stdout } = await runHelper({
    argv: ['qemu-img', 'info', '--output=json', '--force-share', '-f', 'qcow2', path],
    code: 'SNAPSHOT_FAILED',
    timeoutMs: READ_MS,
    fd,
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the documented output of qemu-img(1)
  return JSON.parse(stdout) as ImageInfo;
}

/**
 * The file and what it is based on. The format is that which the domain says: a guest can write what looks like another format
 * into a raw disk.
 */
export async function chainOnDisk(top: Layer, fd?: number): Promise<readonly Layer[]> {
  if (top.format === 'raw' || (top.type !== 'file' && top.type !== 'block')) return [top];
  const options = ['--backing-chain', '--output=json', '--force-share', '-f', top.format];
  const { stdout } = await runHelper({
    argv: ['qemu-img', 'info', ...options, top.path],
    code: 'SNAPSHOT_FAILED',
    timeoutMs: READ_MS,
    ...(fd === undefined ? {} : { fd }),
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the documented output of qemu-img(1)
  const [, ...below] = JSON.parse(stdout) as readonly ImageInfo[];
  const type = (path: string): string => (path.startsWith('/dev/') ? 'block' : 'file');
  return [
    top,
    ...below.map(({ filename, format }) => ({
      type: type(filename),
      path: filename,
      format,
      id: undefined,
    })),
  ];
}

/** Writes what is in the images above the base into it. qemu's locks keep the domain from being started meanwhile. */
export async function commitImages(
  top: Layer,
  base: Layer,
  work: { readonly fd: number; readonly timeoutMs: number },
) {
  await runHelper({
    // Without `-d` the image would be emptied, which takes as long again.
    argv: ['qemu-img', 'commit', '-q', '-d', '-f', top.format, '-b', base.path, top.path],
    code: 'SNAPSHOT_FAILED',
    ...work,
  });
}

export async function removeImages(layers: readonly Layer[]): Promise<void> {
  for (const { path } of layers)
    await unlink(path).catch((error: unknown) => {
      if (!isErrno(error, 'ENOENT')) throw error;
    });
}
