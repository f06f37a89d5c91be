/** Checks before a run that the programs, directories and users of a plan exist on this host. */
import { join, resolve } from 'node:path';
import { execsOfHooks } from '../config/plan/hooks.js';
import type { BackupPlan, ExecPlan, GroupPlan, Plan, TaskPlan } from '../config/plan/plan.js';
import { execsOfFreeze } from '../config/plan/snapshots/freeze.js';
import { type ExecSpans, spansOf } from '../config/plan/spans.js';
import { tasksNeeded } from '../config/plan/tasks.js';
import { type Diagnostic, sortDiagnostics, toDiagnostic } from '../config/read/diagnostics.js';
import type { Span } from '../config/read/source.js';
import { quoteForShell } from '../units/shell-quote.js';
import { type Host, lookAtHost } from './host-answers.js';
import { requireSetpriv } from './unfit.js';
import type { Environment } from './values.js';

/**
 * What these tasks, and the tasks that they cannot do without, need and this host does not have. `inherited` is the environment of
 * the stages. Every place in the config that names something missing is reported once. A thing that several places name is
 * looked up once. What only drills need is checked when `drills` is set. Failure HOST_UNFIT, STAGE_NOT_STARTED when no stage can
 * be started here.
 */
export async function findMissingExecutables(
  plan: Plan,
  taskIds: readonly string[],
  { inherited, drills = false }: { readonly inherited: Environment; readonly drills?: boolean },
): Promise<readonly Diagnostic[]> {
  const tasks = [...new Set(taskIds.flatMap((id) => tasksNeeded(plan, id)))];
  const ofDrills = drills ? tasks.flatMap(execsOfDrill) : [];
  return await findMissing(plan, [...tasks.flatMap(execsOf), ...ofDrills], inherited);
}

/** What the drill of a task needs and this host does not have. */
export async function findMissingForDrill(
  plan: Plan,
  task: BackupPlan,
  inherited: Environment,
): Promise<readonly Diagnostic[]> {
  return await findMissing(plan, execsOfDrill(task), inherited);
}

export function execsOfDrill(task: TaskPlan): readonly ExecPlan[] {
  if (task.type !== 'backup' || task.drill === undefined) return [];
  const { prepare, restore, check, cleanUp } = task.drill;
  const restoring = restore.flatMap(({ pipeline }) => pipeline);
  const execs = [...prepare, ...restoring, ...check, ...cleanUp];
  return execs.filter((exec) => !isOfScratchDirectory(exec));
}

/** A program in the scratch directory: earlier steps of the drill put it there. */
function isOfScratchDirectory({ argv: [program], cwd }: ExecPlan): boolean {
  if (program?.type !== 'literal' || cwd !== undefined) return false;
  return program.text.includes('/') && !program.text.startsWith('/');
}

async function findMissing(
  plan: Plan,
  execs: readonly ExecPlan[],
  inherited: Environment,
): Promise<readonly Diagnostic[]> {
  if (execs.length > 0) requireSetpriv();
  const host = lookAtHost(inherited);
  const reported = new Set<Span>();
  const found: Diagnostic[] = [];
  for (const exec of execs) {
    const spans = spansOf(exec);
    // What runs in an instance is not looked for here.
    if (spans === undefined || exec.inside !== undefined) continue;
    for (const missing of await checkExec(exec, spans, host)) {
      if (reported.has(missing.at)) continue;
      reported.add(missing.at);
      found.push(toDiagnostic(missing));
    }
  }
  return sortDiagnostics(found, plan.files);
}

/** A sentence for each program of these execs that cannot be run here, each once. */
export async function findMissingPrograms(
  execs: readonly ExecPlan[],
  inherited: Environment,
): Promise<readonly string[]> {
  if (execs.length > 0) requireSetpriv();
  const host = lookAtHost(inherited);
  const problems = await Promise.all(execs.map((exec) => findProgramProblem(exec, host)));
  return [...new Set(problems.flatMap((problem) => problem?.message ?? []))].sort();
}

/** Without those of its drill and of the tasks that it runs. */
export function execsOf(task: TaskPlan): readonly ExecPlan[] {
  const hooks = execsOfHooks(task.hooks);
  return task.type === 'backup'
    ? [...hooks, ...task.groups.flatMap(execsOfGroup)]
    : [...hooks, ...task.steps.flatMap((step) => (step.type === 'exec' ? [step.exec] : []))];
}

function execsOfGroup({ hooks, snapshot, freeze, objects }: GroupPlan): readonly ExecPlan[] {
  const own = objects.flatMap((object) => [...execsOfHooks(object.hooks), ...object.pipeline]);
  return [
    ...execsOfHooks(hooks),
    ...execsOfFreeze(snapshot?.freeze ?? freeze),
    ...(snapshot?.afterSnapshot ?? []),
    ...own,
  ];
}

interface Missing {
  readonly code: 'CONFIG_EXECUTABLE' | 'CONFIG_VALUE';
  readonly message: string;
  readonly hint?: string;
  readonly at: Span;
}

async function checkExec(
  exec: ExecPlan,
  spans: ExecSpans,
  host: Host,
): Promise<readonly Missing[]> {
  const { cwd, user } = exec;
  const missing: Missing[] = [];
  if (user !== undefined && spans.user !== undefined && !(await host.hasUser(user))) {
    const message = `There is no user "${user}" on this host.`;
    missing.push({ code: 'CONFIG_VALUE', message, at: spans.user });
  }
  if (cwd !== undefined && spans.cwd !== undefined && !(await host.isDirectory(cwd))) {
    const message = `The directory ${cwd} does not exist or is not a directory.`;
    return [...missing, { code: 'CONFIG_VALUE', message, at: spans.cwd }];
  }
  const problem = await findProgramProblem(exec, host);
  return problem === undefined
    ? missing
    : [...missing, { code: 'CONFIG_EXECUTABLE', ...problem, at: spans.program }];
}

interface Problem {
  readonly message: string;
  readonly hint: string;
}

/** What is wrong with the program of an exec. It is searched as execvp(3) does. */
async function findProgramProblem(
  { argv, env, cwd = process.cwd() }: ExecPlan,
  host: Host,
): Promise<Problem | undefined> {
  const [program] = argv;
  const path = env.get('PATH');
  if (program?.type !== 'literal') return undefined;
  if (program.text.includes('/')) return findFileProblem(program.text, cwd, host);
  // The value of a PATH that is a reference is known only when the program starts.
  if (path !== undefined && path.type !== 'literal') return undefined;
  const search = path?.text ?? host.path;
  for (const directory of search.split(':')) {
    const file = join(resolve(cwd, directory), program.text);
    if ((await host.stateOf(file)) === 'executable') return await findScriptProblem(file, host);
  }
  return {
    message: `There is no program "${program.text}" in PATH (${search}).`,
    hint: 'Install it, or give its full path.',
  };
}

async function findFileProblem(
  text: string,
  cwd: string,
  host: Host,
): Promise<Problem | undefined> {
  const path = resolve(cwd, text);
  const state = await host.stateOf(path);
  if (state === 'executable') return await findScriptProblem(path, host);
  return state === 'absent'
    ? { message: `There is no program ${path}.`, hint: 'Install it, or correct the path.' }
    : {
        message: `${path} is not an executable file.`,
        hint: 'Give it the permission, or correct the path.',
      };
}

async function findScriptProblem(path: string, host: Host): Promise<Problem | undefined> {
  const fault = await host.faultOfScript(path);
  if (fault === undefined) return undefined;
  const { interpreter, endsInCr } = fault;
  const name = interpreter.replace(/\r$/, '');
  return endsInCr
    ? {
        message: `The lines of ${path} end with CR LF: for the kernel its interpreter is "${name}\\r", which does not exist.`,
        hint: `Remove the CRs: sed -i 's/\\r$//' ${quoteForShell(path)}`,
      }
    : {
        message: `There is no ${interpreter}, which ${path} names as its interpreter in its first line.`,
        hint: 'Install it, or correct the line.',
      };
}
