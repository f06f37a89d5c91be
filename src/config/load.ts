/**
 * Config files to a Plan, in stages: source (text) → tree → merged tree → validated → Plan. All that is wrong is found
 * before anything is thrown.
 */
import { existsSync } from 'node:fs';
import { Failure } from '../failure/failure.js';
import { ConfigErrors, type Diagnostic, sortDiagnostics } from './diagnostics.js';
import { loadFiles } from './include.js';
import { mergeTrees } from './merge.js';
import type { Plan } from './plan.js';
import { noProblems } from './problems.js';
import { resolvePlan } from './resolve.js';
import type { ObjectNode } from './tree.js';
import { validateTree } from './validate.js';

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
  const { plan, unsupported } = await loadConfig(file);
  if (unsupported.length > 0) throw new ConfigErrors(unsupported);
  return plan;
}

interface LoadedConfig {
  readonly tree: ObjectNode;
  /** Whole only when nothing is unsupported. */
  readonly plan: Plan;
  /** What is right but cannot be done by this version. */
  readonly unsupported: readonly Diagnostic[];
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
  return { tree, plan, unsupported: sortDiagnostics(problems.unsupported, files) };
}
