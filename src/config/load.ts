/**
 * Config files to a Plan, in stages: source (text) → tree → merged tree → validated → Plan. All that is wrong is found
 * before anything is thrown.
 */
import { existsSync } from 'node:fs';
import { Failure } from '../failure/failure.js';
import { validateTree } from './check/validate.js';
import type { Plan } from './plan/plan.js';
import { resolvePlan } from './plan/resolve.js';
import { ConfigErrors, sortDiagnostics } from './read/diagnostics.js';
import { loadFiles } from './read/include.js';
import { mergeTrees } from './read/merge.js';
import { noProblems } from './read/problems.js';
import type { ObjectNode } from './read/tree.js';

const DEFAULT_FILES = ['/etc/palhm/palhm.jsonc', '/etc/palhm/palhm.conf'];

/** The file that was asked for, or the first of the default ones that exists. Failure CONFIG_NOT_FOUND. */
export function findConfigFile(explicit: string | undefined): string {
  const file = explicit ?? DEFAULT_FILES.find((one) => existsSync(one));
  if (file !== undefined) return file;
  throw new Failure({
    code: 'CONFIG_NOT_FOUND',
    message: `There is no config file: neither ${DEFAULT_FILES.join(' nor ')} exists.`,
    hint: 'Write one, or name it with -f FILE.',
  });
}

/** The Plan of a config file and all it includes. ConfigErrors with everything that is wrong. */
export async function loadPlan(file: string): Promise<Plan> {
  return (await loadConfig(file)).plan;
}

interface LoadedConfig {
  readonly tree: ObjectNode;
  readonly plan: Plan;
}

/** A config without errors as a tree and as a Plan. ConfigErrors. */
export async function loadConfig(file: string): Promise<LoadedConfig> {
  const problems = noProblems();
  const { sources, trees, complete } = loadFiles(file, problems);
  const files = sources.map((source) => source.path);
  if (trees.length === 0) throw new ConfigErrors(sortDiagnostics(problems.found, files));
  const tree = mergeTrees(trees, problems);
  const plan = resolvePlan(validateTree(tree, problems), files, problems);
  // An id that is not found may be in the file that could not be read.
  const found = problems.found.filter((one) => complete || one.code !== 'CONFIG_UNKNOWN_ID');
  if (found.length > 0) throw new ConfigErrors(sortDiagnostics(found, files));
  return { tree, plan };
}
