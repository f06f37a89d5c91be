/** The paths of objects, as every backend that stores them takes them. */
import { isOwnPath } from '../copy/own-paths.js';
import { Failure } from '../failure/failure.js';

/**
 * The parts of an object's path. Config has checked it long before; a copy is destroyed by getting this wrong, so it is
 * checked again.
 */
export function splitObjectPath(path: string): string[] {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..') || path.includes('\0')) {
    throw new Error(`not the path of an object: ${JSON.stringify(path)}`);
  }
  if (isOwnPath(path)) throw notFree(path, 'such names are kept for palhm itself');
  return parts;
}

export function notFree(name: string, why: string): Failure {
  return new Failure({
    code: 'CONFIG_PATH',
    message: `an object cannot be called ${name}: ${why}`,
    hint: 'give the object another path',
  });
}
