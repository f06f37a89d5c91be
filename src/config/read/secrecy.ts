/**
 * What of a config is shown to nobody: the strings of `env` and `environment`, where configs of the original PALHM have passwords, the keys
 * of a store, and in any string the user and the password of an address. Whatever shows a config, a plan or a line of a file asks here.
 */
import { toSource } from './source.js';
import type { ConfigNode, Entry, ObjectNode, ScalarNode } from './tree.js';

/** Stands in the place of such a string. */
export const HIDDEN = '…';

const SECRET_KEYS = new Set(['secret-access-key', 'session-token']);

/** The same tree; what is not to be shown is replaced. References stay. */
export function hideSecrets({ entries, ...at }: ObjectNode): ObjectNode {
  const shown = [...entries].map(([key, entry]): [string, Entry] => [
    key,
    { ...entry, value: hideBelow(key, entry.value) },
  ]);
  return { ...at, entries: new Map(shown) };
}

function hideBelow(key: string, node: ConfigNode): ConfigNode {
  if (SECRET_KEYS.has(key)) return hideString(node);
  if (node.type === 'array')
    return { ...node, items: node.items.map((item) => hideBelow('', item)) };
  if (node.type === 'scalar') return key === 'endpoint' ? hideEndpoint(node) : hideAddress(node);
  return key === 'env' || key === 'environment' ? mapValues(node, hideString) : hideSecrets(node);
}

/** One with a user is refused, but the config may be shown all the same. Its scheme may be forgotten. */
function hideEndpoint(node: ScalarNode): ConfigNode {
  return String(node.value).includes('@') ? hideString(node) : node;
}

function hideAddress(node: ScalarNode): ConfigNode {
  if (typeof node.value !== 'string') return node;
  const shown = hideUserInfo(node.value);
  return shown === node.value ? node : showInstead(shown);
}

/** A text in which the user and the password of an address are hidden: `mysql://…@host/shop`. */
export function hideUserInfo(text: string): string {
  return text.replaceAll(/(?<=:\/\/)[^\s"]+(?=@)/g, HIDDEN);
}

function showInstead(value: string): ScalarNode {
  const text = JSON.stringify(value);
  return { source: toSource('', '/', text), offset: 0, length: text.length, type: 'scalar', value };
}

/** A value of `env`: a string, or a reference, of which a `concat` may have strings. */
function hideString(node: ConfigNode): ConfigNode {
  if (node.type === 'scalar') return typeof node.value === 'string' ? showInstead(HIDDEN) : node;
  if (node.type === 'array') return { ...node, items: node.items.map(hideString) };
  return mapValues(node, (value) => (value.type === 'array' ? hideString(value) : value));
}

function mapValues(node: ObjectNode, map: (value: ConfigNode) => ConfigNode): ObjectNode {
  const entries = [...node.entries].map(([key, entry]): [string, Entry] => [
    key,
    { ...entry, value: map(entry.value) },
  ]);
  return { ...node, entries: new Map(entries) };
}

/**
 * A line of a config for a message, in which strings may stand behind names of variables or secret keys: each of their
 * characters becomes a star, so that columns stay. It need not be JSON.
 */
export function hideInLine(line: string): string {
  const named = line.replaceAll(
    NAMED_TEXT,
    (_, name: string, text: string) => name + text.replaceAll(/[^"]|(?<=\\)"/g, '*'),
  );
  return named.replaceAll(USER_INFO, (hidden) => '*'.repeat(hidden.length));
}

/** The user and the password of an address. A slash may be escaped in JSON, and the scheme of an endpoint forgotten. */
const USER_INFO = /(?<=:(?:\\?\/){2}|"endpoint"\s*:\s*")[^\s"]+(?=@|\\u0040)/g;

/** Names of variables that hold a secret. doc/operation.md lists them. */
const SECRET_NAME =
  /PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|APIKEY|(?:_PASS|_PWD|_KEY|SSHPASS)$/i;
/** These say where the secret is, or of what kind. */
const OTHER_NAME = /(?:_FILE|_PATH|_DIR|_DIRECTORY|_COMMAND|_CMD|_ID|_URL|_TYPE|ASKPASS)$/i;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !OTHER_NAME.test(name);
}

/** Of a key of a config, misspelled perhaps, or of a variable in an object that should be `env`. */
export function looksSecret(key: string): boolean {
  if (/^credentials?$/.test(key)) return false;
  const isVariable = /^[A-Z][A-Z0-9_]*$/.test(key) && !isHarmless(key);
  return key === 'trusted' || isVariable || isSecretName(`_${key.replaceAll('-', '_')}`);
}

/** Names of variables are in capitals, keys of a config are not. What these few hold is no secret, and often the mistake. */
const HARMLESS = 'PATH|HOME|TZ|LANG|LC_[A-Z]+|TMPDIR';
const HARMLESS_NAME = new RegExp(`^(?:${HARMLESS})$`);

export function isHarmless(name: string): boolean {
  return HARMLESS_NAME.test(name);
}

const NAME = String.raw`(?!(?:${HARMLESS})")[A-Z][A-Z0-9_]*`;
const NAMED_TEXT = new RegExp(
  String.raw`("(?:${[NAME, ...SECRET_KEYS].join('|')})"\s*:\s*)("(?:[^"\\]|\\.)*"?|-?[0-9][\w.+-]*)`,
  'g',
);
