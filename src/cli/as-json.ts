import { writeJson } from '../wire/json-text.js';

/** The text of documented JSON. Its encoder is loaded only when it is asked for. */
export async function asJson<M>(
  load: () => Promise<M>,
  encode: (module: M) => unknown,
): Promise<string> {
  return writeJson(encode(await load()));
}
