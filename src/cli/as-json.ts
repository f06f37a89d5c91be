/** The output of a command with `--json`. */
import { writeJson } from '../wire/json-text.js';

/** The text of documented JSON. `load` imports its encoder, which is needed only with `--json`. */
export async function asJson<M>(
  load: () => Promise<M>,
  encode: (module: M) => unknown,
): Promise<string> {
  return writeJson(encode(await load()));
}
