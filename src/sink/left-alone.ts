import { Failure } from '../failure/failure.js';

/** Why what has the name of a copy is not removed: a phrase that follows its place. */
export function leftAlone(place: string, why: string): Failure {
  return new Failure({
    code: 'COPY_NOT_FOUND',
    message: `${place} ${why}: it was left alone`,
    hint: 'look at who put it there',
  });
}
