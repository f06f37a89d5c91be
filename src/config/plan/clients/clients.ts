/**
 * The clients: other machines that hand in a config each, which becomes a backup of its own. What is wrong with one of them is
 * kept in its plan, and fails its run alone; what is wrong with "clients" itself is a problem of the host's config.
 */
import type { Parsed } from '../../../units/parsed.js';
import { type Cursor, child, items } from '../../check/cursor.js';
import type { Clients, Config } from '../../check/types.gen.js';
import { validateTree } from '../../check/validate.js';
import type { ClientFile } from '../../read/client-files.js';
import { noProblems, type Problems, report, sortDiagnostics } from '../../read/diagnostics.js';
import { parseSource } from '../../read/parse.js';
import { type Span, toFile } from '../../read/source.js';
import { nodeOf, type ObjectNode } from '../../read/tree.js';
import { resolveBackup } from '../backup.js';
import type { BackupPlan, ClientPlan } from '../plan.js';
import { STORING_NOTHING } from '../sinks/sinks.js';
import type { Scope } from '../stage.js';
import { composeConfig, type Template } from './compose.js';
import { checkRules, isClientName, rulesOf } from './rules.js';
import { checkTrust } from './trust.js';

interface ClientScope extends Pick<Scope, 'execs' | 'taskIds' | 'problems'> {
  readonly files: readonly ClientFile[];
}

interface Host {
  readonly clients: Cursor<Clients>;
  readonly template: Template;
  readonly scope: ClientScope;
}

/** A plan for each file, in their order. None while "clients" has an error, which is reported. */
export function resolveClients(
  clients: Cursor<Clients> | undefined,
  scope: ClientScope,
): readonly BackupPlan[] {
  if (clients === undefined || scope.problems.tainted.has(clients.node)) return [];
  const task = nodeAt(clients, 'task');
  if (task === undefined) return [];
  checkRules(clients, scope.execs, scope.problems);
  const host: Host = { clients, template: { task, group: nodeAt(clients, 'group') }, scope };
  const isSound = resolveTask('NAME', probeAt(task), { ...host, problems: scope.problems });
  return isSound === undefined ? [] : scope.files.map((file) => resolveClient(file, host));
}

function nodeAt({ node }: Cursor<Clients>, key: 'task' | 'group'): ObjectNode | undefined {
  const value = node.type === 'object' ? node.entries.get(key)?.value : undefined;
  return value?.type === 'object' ? value : undefined;
}

/** In the place of a client's config: it shows whether what the host says of the task is right. */
function probeAt(at: Span): ObjectNode {
  const pipeline = [{ type: 'exec-inline', argv: ['true'] }];
  const probe = nodeOf({ objects: [{ path: 'probe', pipeline }] }, at);
  if (probe.type !== 'object') throw new Error('the probe is an object');
  return probe;
}

function resolveTask(
  id: string,
  client: ObjectNode,
  { template, scope, problems }: Host & { readonly problems: Problems },
): BackupPlan | undefined {
  const tree = composeConfig(id, client, template);
  const before = problems.found.length;
  const config: Cursor<Config> = validateTree(tree, problems);
  const [task] = items(child(config, 'tasks', problems), problems);
  if (task === undefined || task.value.type !== 'backup') return undefined;
  const plan = resolveBackup(
    { value: task.value, node: task.node },
    { execs: scope.execs, taskIds: new Set(), clientIds: undefined, problems },
  );
  return problems.found.length === before ? plan : undefined;
}

function resolveClient(file: ClientFile, host: Host): BackupPlan {
  const { name, path, includedBy } = file;
  const problems = noProblems();
  const source = toFile(path, file.text.ok ? file.text.value : '', includedBy);
  const at: Span = { source, offset: 0, length: 0 };
  const usable = isUsable(file, host.scope.taskIds);
  if (!usable.ok) {
    report(problems, { code: usable.code, message: usable.problem, at });
    const isItsOwn = usable.code === 'CONFIG_NOT_FOUND';
    return emptyPlan(isItsOwn ? name : path, host, clientOf(path, 'wrong', problems));
  }
  const tree = parseSource(source, problems);
  if (tree?.entries.has('absent') === true && isAbsent(tree, problems))
    return emptyPlan(name, host, clientOf(path, 'absent', problems));
  const rules = rulesOf(host.clients.value, name);
  if (tree !== undefined) checkTrust(tree, { name, rules, problems });
  const isAllowed = tree !== undefined && problems.found.length === 0;
  const plan = isAllowed ? resolveTask(name, tree, { ...host, problems }) : undefined;
  const wrong = clientOf(path, 'wrong', problems);
  return plan === undefined
    ? emptyPlan(name, host, wrong)
    : { ...plan, client: clientOf(path, 'present', problems) };
}

type Usable = { readonly ok: true } | (Parsed<never> & { readonly ok: false } & Refused);

interface Refused {
  readonly code: 'CONFIG_VALUE' | 'CONFIG_DUPLICATE' | 'CONFIG_NOT_FOUND';
}

/** Whether the file can be that of a client. */
function isUsable({ name, path, text }: ClientFile, taskIds: ReadonlySet<string>): Usable {
  if (!isClientName(name)) {
    const problem = `${JSON.stringify(name)} is no name of a client: letters, digits, "-", "_" and "." make one, of 64 characters at most, and a letter or a digit comes first.`;
    return { ok: false, code: 'CONFIG_VALUE', problem };
  }
  if (taskIds.has(name)) {
    const problem = `The host has a task "${name}" of its own.`;
    return { ok: false, code: 'CONFIG_DUPLICATE', problem };
  }
  if (text.ok) return { ok: true };
  return { ok: false, code: 'CONFIG_NOT_FOUND', problem: `The file ${path} ${text.problem}.` };
}

function isAbsent({ entries }: ObjectNode, problems: Problems): boolean {
  const absent = entries.get('absent')?.value;
  if (absent?.type === 'scalar' && absent.value === true && entries.size === 1) return true;
  const message = '"absent" is true, and nothing stands beside it.';
  report(problems, { code: 'CONFIG_VALUE', message, at: absent });
  return false;
}

/** Its copies can be listed and restored all the same. What cannot be a client has none. */
function emptyPlan(id: string, host: Host, client: ClientPlan): BackupPlan {
  const plan = resolveTask(id, probeAt(host.template.task), { ...host, problems: noProblems() });
  if (plan === undefined) throw new Error('what the host says of the task was right');
  const sink = isClientName(id) ? plan.sink : STORING_NOTHING;
  return { ...plan, sink, groups: [], client };
}

function clientOf(file: string, state: ClientPlan['state'], { found }: Problems): ClientPlan {
  return { file, state, problems: sortDiagnostics(found, [file]) };
}
