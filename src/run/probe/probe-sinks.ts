/** Tries the sinks of all backup tasks: for `palhm config check --connect`. */
import pLimit from 'p-limit';
import type { BackupPlan } from '../../config/plan/plan.js';
import { describeHosts, SEVERAL_HOSTS } from '../../copy/hosts.js';
import { Failure } from '../../failure/failure.js';
import { type Finding, TIDY_UP } from '../../sink/probe.js';
import { probeSink, traitsOf } from '../../sink/registry.js';
import { within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { sinkBracket } from '../operation/places.js';

export interface TaskProbe {
  readonly backup: BackupPlan;
  readonly findings: readonly Finding[];
}

/** How many at once: a store that does not answer must not delay the others for long. */
const AT_ONCE = 4;

/** Probes every task to the end, whatever is missing for the others. Failure INTERRUPTED, TERMINATED on a signal. */
export async function probeSinks(operation: Operation): Promise<readonly TaskProbe[]> {
  const { plan, signal, host, redactor } = operation;
  const { name, environment } = host;
  const backups = [...plan.tasks.values()].filter((task) => task.type === 'backup');
  const limit = pLimit(AT_ONCE);
  const probed = await Promise.all(
    backups.map((backup) =>
      limit(async () => {
        const findings = await probeSink(backup.sink, {
          task: backup.id,
          host: name,
          environment,
          redactor,
          signal,
        });
        return {
          backup,
          findings: [...findings, ...(await findHosts(operation, backup, findings))],
        };
      }),
    ),
  );
  if (signal.aborted) throw withRemains(signal.reason, probed);
  return probed;
}

/** Copies of several hosts are a note. They are looked for only where nothing that a backup needs is missing. */
async function findHosts(
  operation: Operation,
  backup: BackupPlan,
  tried: readonly Finding[],
): Promise<readonly Finding[]> {
  const { signal, host } = operation;
  const isUsable = traitsOf(backup.sink).keeps && tried.every(({ state }) => state !== 'missing');
  if (!isUsable || signal.aborted) return [];
  const found = { name: 'hosts of the copies', state: 'note', right: undefined } as const;
  try {
    const { copies } = await within(operation, sinkBracket(operation, backup), (sink) =>
      sink.list({ signal }),
    );
    const detail = describeHosts(copies, host.name);
    return detail === undefined ? [] : [{ ...found, detail, hint: SEVERAL_HOSTS }];
  } catch (error) {
    if (signal.aborted) return [];
    if (!(error instanceof Failure)) throw error;
    return [{ ...found, detail: `not known: ${error.message}`, hint: error.hint }];
  }
}

/** Also an operation that was stopped says what its probes could not remove. */
function withRemains(reason: unknown, probed: readonly TaskProbe[]): unknown {
  const remains = probed
    .flatMap(({ findings }) => findings)
    .filter(({ name }) => name === TIDY_UP)
    .map(({ detail }) => detail);
  return reason instanceof Failure ? reason.withDetails(remains) : reason;
}

/** One failure with all that is missing, of all tasks; undefined when nothing is missing. */
export function describeMissing(probed: readonly TaskProbe[]): Failure | undefined {
  const details: string[] = [];
  let lacking = 0;
  for (const { backup, findings } of probed) {
    for (const { name, state, detail, hint } of findings) {
      if (state !== 'missing') continue;
      lacking += 1;
      details.push(`${backup.id}: ${name}: ${detail}`);
      if (hint !== undefined) details.push(`  ${hint}`);
    }
  }
  if (lacking === 0) return undefined;
  return new Failure({
    code: 'CONNECT_FAILED',
    message: `${lacking === 1 ? '1 thing that backups need is' : `${lacking} things that backups need are`} missing`,
    details,
    hint: 'see to it, then check again',
  });
}
