import { Failure } from '../failure/failure.js';

/** The failure of using a copy that is not there. Rotation may have removed it after it was listed. */
export function copyNotFound(location: string): Failure {
  return new Failure({
    code: 'COPY_NOT_FOUND',
    message: `there is no copy ${location}`,
    hint: 'look at its name; "palhm list" shows the copies of a task',
  });
}
