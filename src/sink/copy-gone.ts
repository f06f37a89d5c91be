import { Failure } from '../failure/failure.js';

/** The failure of whoever uses a copy that is not there, or not any more: rotation may remove it meanwhile. */
export function copyGone(location: string): Failure {
  return new Failure({
    code: 'COPY_NOT_FOUND',
    message: `there is no copy ${location}`,
    hint: 'look at its name; "palhm list" shows the copies of a task',
  });
}
