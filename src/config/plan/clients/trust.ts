/**
 * The trust rule: what a client's config may have is listed here, and everything else is refused, keys that palhm will only learn
 * included. It works on the tree that becomes the Plan, so that no reading of the text can differ from another.
 *
 * What has a wrong type is let through: the schema, which comes next, refuses that.
 */
import { type Problems, report } from '../../read/diagnostics.js';
import type { Span } from '../../read/source.js';
import { type ConfigNode, valueOf } from '../../read/tree.js';
import { looksLikeReference } from '../render-value.js';
import { type ClientRules, suggestFor } from './rules.js';

interface Judging {
  readonly name: string;
  readonly rules: ClientRules;
  readonly problems: Problems;
}

type Check = (node: ConfigNode, judging: Judging) => void;

/** Reports whatever in the config of this client is not allowed. */
export function checkTrust(tree: ConfigNode, judging: Judging): void {
  checkFile(tree, judging);
}

const data: Check = () => undefined;

function each(check: Check): Check {
  return (node, judging) => {
    if (node.type === 'array') for (const item of node.items) check(item, judging);
  };
}

/** `what`, where it is, follows "have in". */
function only(what: string, keys: Readonly<Record<string, Check>>): Check {
  const known = new Map(Object.entries(keys));
  return (node, judging) => {
    if (node.type !== 'object') return;
    for (const [key, { key: at, value }] of node.entries) {
      const check = known.get(key);
      if (check !== undefined) check(value, judging);
      else {
        const message = `A client may not have ${JSON.stringify(key)} in ${what}.`;
        const list = [...known.keys()].map((one) => `"${one}"`).join(', ');
        refuse(judging, { message, hint: `It may have: ${list}.`, at });
      }
    }
  };
}

/**
 * A reference to a file, a credential or the environment would read what is the host's. So would, from a manifest, what is written as
 * such a reference is there.
 */
const checkValue: Check = (node, judging) => {
  only('a value', { run: data, snapshot: data, concat: each(checkPart) })(node, judging);
  if (!looksLikeReference(textOf(node))) return;
  const message =
    'A client may not have "${", the kind of a reference, ":" and "}" in its arguments.';
  const hint =
    'For a shell, leave the ":" away, or write the value of the reference as {"run": "task"}.';
  refuse(judging, { message, hint, at: node });
};

const checkPart: Check = (node, judging) =>
  only('a value', { run: data, snapshot: data, concat: each(checkPart) })(node, judging);

/** What can be read of it in a manifest, but for references, which cannot become a part of another. */
function textOf(node: ConfigNode): string {
  if (node.type === 'scalar') return String(node.value);
  const parts = node.type === 'object' ? node.entries.get('concat')?.value : undefined;
  return parts?.type === 'array' ? parts.items.map(textOf).join('') : '{}';
}

const RUN_KEYS = { type: data, 'exec-id': data };
const checkExec = only('an exec of the host', RUN_KEYS);
const checkAppend = only('an exec of the host', { ...RUN_KEYS, argv: each(checkValue) });

const checkElement: Check = (node, judging) => {
  if (node.type !== 'object') return;
  const { execs, append } = judging.rules;
  const type = node.entries.get('type')?.value;
  const id = node.entries.get('exec-id')?.value;
  const isAppend = type?.type === 'scalar' && type.value === 'exec-append';
  if (!isAppend && !(type?.type === 'scalar' && type.value === 'exec')) {
    const message = 'A client may not say itself what the host runs.';
    const hint = 'Name an exec of the host, as "exec" or "exec-append".';
    return refuse(judging, { message, hint, at: type ?? node });
  }
  (isAppend ? checkAppend : checkExec)(node, judging);
  if (id?.type !== 'scalar' || typeof id.value !== 'string') return;
  const may = isAppend ? append : execs;
  if (may.has(id.value)) return;
  const what = isAppend ? 'give arguments to' : 'run';
  const message = `This client may not ${what} the exec ${JSON.stringify(id.value)}.`;
  refuse(judging, { message, hint: suggestFor(id.value, may), at: id });
};

const HOOKS = {
  before: each(checkElement),
  after: each(checkElement),
  'on-error': each(checkElement),
  always: each(checkElement),
};

/** A client may freeze what is its own, for as long as the host lets anybody. */
const AROUND_SNAPSHOT = new Map<string, Check>([
  ['after-snapshot', each(checkElement)],
  [
    'freeze',
    only('a freeze', {
      freeze: each(checkElement),
      thaw: each(checkElement),
      hold: checkElement,
    }),
  ],
]);

/** A snapshot that the host allows, key by key; what runs around it may be the client's. */
const checkSnapshot: Check = (node, judging) => {
  if (node.type !== 'object') return;
  const isAllowed = judging.rules.snapshots.some((pattern) => isMatch(pattern, node, judging.name));
  if (!isAllowed) {
    const message = 'The host does not allow this client a snapshot of that.';
    const hint = 'The host\'s config has to list it under "allow" or "allow-client".';
    return refuse(judging, { message, hint, at: node });
  }
  for (const [key, { value }] of node.entries) {
    const isGiven = judging.rules.snapshots.some(
      (pattern) => hasKey(pattern, key) && isMatch(pattern, node, judging.name),
    );
    if (!isGiven) AROUND_SNAPSHOT.get(key)?.(value, judging);
  }
};

function isMatch(pattern: unknown, node: ConfigNode, name: string): boolean {
  if (node.type !== 'object' || typeof pattern !== 'object' || pattern === null) return false;
  const given = [...node.entries].filter(
    ([key]) => hasKey(pattern, key) || !AROUND_SNAPSHOT.has(key),
  );
  const wanted = Object.entries(pattern);
  return (
    given.length === wanted.length &&
    wanted.every(([key, value]) => {
      const entry = node.entries.get(key);
      return entry !== undefined && isSame(render(value, name), valueOf(entry.value));
    })
  );
}

function hasKey(pattern: unknown, key: string): boolean {
  return typeof pattern === 'object' && pattern !== null && Object.hasOwn(pattern, key);
}

/** `{"run": "task"}` is the name of the client; `concat` joins it with what stands around it. */
function render(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => render(one, name));
  if (typeof value !== 'object' || value === null) return value;
  if ('run' in value && value.run === 'task') return name;
  if ('concat' in value && Array.isArray(value.concat))
    return value.concat.map((one: unknown) => String(render(one, name))).join('');
  return Object.fromEntries(
    Object.entries(value).map(([key, one]: [string, unknown]) => [key, render(one, name)]),
  );
}

/** Of plain JSON, whatever the order of the keys. */
function isSame(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

const checkGroup = only('a group', { id: data, depends: data, snapshot: checkSnapshot, ...HOOKS });

const checkObject = only('an object', {
  path: data,
  group: data,
  pipeline: each(checkElement),
  restore: each(checkElement),
  expect: data,
  ...HOOKS,
});

/** Not end-recovery: by chroot it would run the client's programs, as root of the host. */
const checkFile = only('its config', {
  $schema: data,
  absent: data,
  'object-groups': each(checkGroup),
  objects: each(checkObject),
  'pre-recovery': each(checkElement),
  'post-recovery': each(checkElement),
});

function refuse(
  { problems }: Judging,
  refusal: { readonly message: string; readonly hint: string; readonly at: Span },
): void {
  report(problems, { code: 'CONFIG_NOT_ALLOWED', ...refusal });
}
