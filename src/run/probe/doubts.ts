/** What `palhm config check` warns of, without a sink that is opened or a secret that is read. */
import type { Plan, TaskPlan } from '../../config/plan/plan.js';
import { execsOf, execsOfDrill } from '../../exec/needs.js';
import { findDoubtfulSecrets } from '../../exec/secret-files.js';
import type { Environment } from '../../exec/values.js';
import { doubtRoot } from '../../sink/registry.js';

/** `uid`: the user that looks. Sentences; the run may be of another user and in another environment. */
export async function findDoubts(
  plan: Plan,
  inherited: Environment,
  uid: number,
): Promise<readonly string[]> {
  const tasks = [...plan.tasks.values()];
  const sinks = tasks.flatMap((task) => (task.type === 'backup' ? [task.sink] : []));
  return [
    ...tasks.flatMap(({ id }) => doubtId(id)),
    ...(uid === 0 ? [] : doubtUsers(tasks)),
    ...new Set((await Promise.all(sinks.map(doubtRoot))).filter((one) => one !== undefined)),
    ...(await findDoubtfulSecrets(plan, inherited)),
  ];
}

/** What systemd takes in the name of an instance (systemd.unit(5)), without its backslash. */
function doubtId(id: string): readonly string[] {
  if (/^[A-Za-z0-9:_.@-]+$/.test(id)) return [];
  return [
    `task ${JSON.stringify(id)} cannot be run by palhm@.service: the name of a unit has letters, digits and : _ . @ - alone`,
  ];
}

function doubtUsers(tasks: readonly TaskPlan[]): readonly string[] {
  const execs = tasks.flatMap((task) => [...execsOf(task), ...execsOfDrill(task)]);
  const users = new Set(execs.flatMap(({ user }) => user ?? []));
  return [...users].map(
    (user) => `"user": ${JSON.stringify(user)} takes palhm running as root, and this one is not`,
  );
}
