/** A file on a file system that answers whatever it is asked with one error of the system. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readSync, writeSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const MOUNT =
  'exec 3<>/dev/fuse && mount -i -t fuse -o fd=3,rootmode=100000,user_id=0,group_id=0,allow_other none "$0" && exec "$@"';

/**
 * Whoever opens or looks at this file gets this error, such as 116 for ESTALE, until what is returned is called. Undefined, and
 * the test skipped, where nothing can be mounted.
 */
export async function mountFailing(
  context: TestContext,
  file: string,
  errno: number,
): Promise<(() => void) | undefined> {
  const server = [process.execPath, fileURLToPath(import.meta.url), String(errno)];
  const child = spawn('bash', ['-c', MOUNT, file, ...server], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const isServed = await Promise.race([
    once(child.stdout, 'data').then(() => true),
    once(child, 'exit').then(() => false),
  ]);
  if (!isServed) {
    context.skip('nothing can be mounted here');
    return undefined;
  }
  return () => {
    execFileSync('umount', ['-l', file]);
    child.kill('SIGKILL');
  };
}

/** FUSE: a request has a header of 40 bytes, an answer one of 16: length, error, and the number of the request. */
function serve(errno: number): void {
  const { FUSE_INIT, FUSE_FORGET } = { FUSE_INIT: 26, FUSE_FORGET: 2 };
  const request = Buffer.alloc(256 * 1024);
  for (;;) {
    readSync(3, request);
    const operation = request.readUInt32LE(4);
    if (operation === FUSE_FORGET) continue;
    const answer = Buffer.alloc(operation === FUSE_INIT ? 16 + 64 : 16);
    answer.writeUInt32LE(answer.length, 0);
    request.copy(answer, 8, 8, 16);
    if (operation === FUSE_INIT) {
      // The version of the protocol, as the kernel has asked for it, and the largest write.
      request.copy(answer, 16, 40, 48);
      answer.writeUInt32LE(4096, 16 + 20);
    } else answer.writeInt32LE(-errno, 4);
    writeSync(3, answer);
    if (operation === FUSE_INIT) console.log('served');
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) serve(Number(process.argv[2]));
