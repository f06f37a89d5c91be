/** The output of a command with `--json`. */
import { escapeJson } from '../units/escape.js';
import { writeJson } from '../wire/json-text.js';

/** The text of documented JSON, harmless to a terminal. `load` imports its encoder, which is needed only with `--json`. */
export async function asJson<M>(
  load: () => Promise<M>,
  encode: (module: M) => unknown,
): Promise<string> {
  return escapeJson(writeJson(encode(await load())));
}
