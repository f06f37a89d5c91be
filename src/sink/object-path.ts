/** Checks the path of an object. For every backend that stores objects. */
import { findPathFault } from '../copy/object-path.js';
import { Failure } from '../failure/failure.js';

/** Config has checked the path long before. It is checked again because a wrong one could destroy a copy. */
export function checkObjectPath(path: string): void {
  const fault = findPathFault(path);
  if (fault === 'own') throw pathNotFree(path, 'such names are kept for palhm itself');
  if (fault !== undefined) throw new Error(`not the path of an object: ${JSON.stringify(path)}`);
}

export function pathNotFree(path: string, why: string): Failure {
  return new Failure({
    code: 'CONFIG_PATH',
    message: `an object cannot be called ${path}: ${why}`,
    hint: 'give the object another path',
  });
}
