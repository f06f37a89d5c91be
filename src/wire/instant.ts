/** Points in time as palhm writes them into files. */
import { type Field, textMatching, wrong } from './json-fields.js';

const MEANS = 'a time in UTC such as 2022-05-01T06:59:17.123Z';
const FORM = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)$/;

/** ISO 8601 in UTC. */
export function readInstant(field: Field): string {
  const instant = textMatching(field, { form: FORM, means: MEANS });
  if (Number.isNaN(Date.parse(instant))) throw wrong(field, MEANS);
  return instant;
}
