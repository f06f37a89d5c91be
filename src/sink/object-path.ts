/** The paths of objects, as every backend that stores them takes them. */
import { MANIFEST_NAME } from '../copy/manifest.js';
import { Failure } from '../failure/failure.js';

/**
 * The parts of an object's path. Config has checked it long before; a copy is destroyed by getting this wrong, so it is
 * checked again. `reserved` are names at the top of a copy that the backend needs for itself besides the manifest's.
 */
export function splitObjectPath(path: string, reserved: readonly string[] = []): string[] {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..') || path.includes('\0')) {
    throw new Error(`not the path of an object: ${JSON.stringify(path)}`);
  }
  if (path === MANIFEST_NAME) throw notFree(path, "that is the copy's manifest");
  if (reserved.includes(path)) throw notFree(path, 'the backend needs that name');
  return parts;
}

function notFree(name: string, why: string): Failure {
  return new Failure({
    code: 'CONFIG_PATH',
    message: `an object cannot be called ${name}: ${why}`,
    hint: 'give the object another path',
  });
}
