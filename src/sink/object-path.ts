/** The paths of objects, as every backend that stores them takes them. */
import { findPathFault } from '../copy/object-path.js';
import { Failure } from '../failure/failure.js';

/**
 * The parts of an object's path. Config has checked it long before; a copy is destroyed by getting this wrong, so it is
 * checked again.
 */
export function splitObjectPath(path: string): string[] {
  const fault = findPathFault(path);
  if (fault === 'own') throw notFree(path, 'such names are kept for palhm itself');
  if (fault !== undefined) throw new Error(`not the path of an object: ${JSON.stringify(path)}`);
  return path.split('/');
}

export function notFree(name: string, why: string): Failure {
  return new Failure({
    code: 'CONFIG_PATH',
    message: `an object cannot be called ${name}: ${why}`,
    hint: 'give the object another path',
  });
}
