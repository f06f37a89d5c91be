/**
 * From a config to its Plan, in stages: text, tree, merged tree, validated tree, Plan. Everything that is wrong is found
 * before anything is thrown.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure/failure.js';
import { validateTree } from './check/validate.js';
import type { Plan } from './plan/plan.js';
import { clientDirectoryOf, resolvePlan } from './plan/resolve.js';
import { type LoadedPlan, loadThrough, type PlanCache } from './plan-cache.js';
import { CLIENT_ENDING, type ClientFile, readClientFiles } from './read/client-files.js';
import { ConfigErrors, type Diagnostic, noProblems, sortDiagnostics } from './read/diagnostics.js';
import { loadFiles } from './read/include.js';
import { mergeTrees } from './read/merge.js';
import { openNamed, type Stdin } from './read/piped.js';
import type { ConfigSource } from './read/source.js';
import type { ObjectNode } from './read/tree.js';

const DEFAULT_FILES = ['/etc/palhm/palhm.jsonc', '/etc/palhm/palhm.conf'];

/** The config that the command line names, or the first default file that exists. Failure CONFIG_NOT_FOUND, ConfigErrors. */
export async function openConfig(
  explicit: string | undefined,
  stdin: Stdin,
): Promise<ConfigSource> {
  return await openNamed(findConfigFile(explicit), stdin);
}

/** The given file, or the first default file that exists. Failure CONFIG_NOT_FOUND. */
export function findConfigFile(explicit: string | undefined): string {
  const file = explicit ?? DEFAULT_FILES.find((one) => existsSync(one));
  if (file !== undefined) return file;
  throw new Failure({
    code: 'CONFIG_NOT_FOUND',
    message: `There is no config file: neither ${DEFAULT_FILES.join(' nor ')} exists.`,
    hint: 'Write one, or name it with -f FILE.',
  });
}

/**
 * The Plan of a config and all it includes; with a cache, the same Plan again while the files are unchanged. ConfigErrors
 * with everything that is wrong.
 */
export async function loadPlan(source: ConfigSource, cache?: PlanCache): Promise<Plan> {
  if (cache !== undefined) return loadThrough(cache, source, () => loadConfig(source));
  return (await loadConfig(source)).plan;
}

interface LoadedConfig extends LoadedPlan {
  readonly tree: ObjectNode;
}

/**
 * A config as a tree and as a Plan. ConfigErrors with everything that is wrong. `handedIn`: the one file of a client that counts, in
 * the place of all those that are there.
 */
export async function loadConfig(
  source: ConfigSource,
  handedIn?: ClientFile,
): Promise<LoadedConfig> {
  const problems = noProblems();
  const { sources, trees, complete, footprint } = await loadFiles(source, problems);
  const files = sources.map(({ name }) => name);
  if (trees.length === 0) throw new ConfigErrors(sortDiagnostics(problems.found, files));
  const tree = mergeTrees(trees, problems);
  const config = validateTree(tree, problems);
  const at = handedIn === undefined ? clientDirectoryOf(config) : undefined;
  const read = at && (await readClientFiles(at, { footprint, problems }));
  const clientFiles = handedIn === undefined ? (read ?? []) : [handedIn];
  const plan = resolvePlan(config, { files, clientFiles }, problems);
  // A missing id may be defined in a file that could not be read.
  const found = problems.found.filter((one) => complete || one.code !== 'CONFIG_UNKNOWN_ID');
  if (found.length > 0) throw new ConfigErrors(sortDiagnostics(found, files));
  return { tree, plan, footprint };
}

/** What this config makes of the file of a client that is just handed in, and where it would lie. Failure USAGE, ConfigErrors. */
export async function checkClientFile(
  source: ConfigSource,
  { name, text }: { readonly name: string; readonly text: string },
): Promise<{ readonly file: string; readonly problems: readonly Diagnostic[] }> {
  const path = `${name}${CLIENT_ENDING}`;
  const file = { name, path, text: { ok: true, value: text }, includedBy: undefined } as const;
  const { plan } = await loadConfig(source, file);
  const clients = [...plan.tasks.values()].flatMap((task) =>
    task.type === 'backup' ? (task.client ?? []) : [],
  );
  const [client] = clients;
  if (plan.clients !== undefined && client !== undefined)
    return { file: join(plan.clients, path), problems: client.problems };
  throw new Failure({
    code: 'USAGE',
    message: 'this host takes no configs of clients',
    hint: 'its config has to have "clients"',
  });
}
