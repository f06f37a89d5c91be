/**
 * The commands that a restore runs without asking. A manifest lies where others may be able to write, and the inverses it
 * names are commands: those that are word for word in the config in use, or in what ships with palhm, are known. What
 * undoes a source, such as `mysql`, is not known as a filter: a manifest that names it as one would have it fed with
 * bytes of its own by somebody who only wants to look at them.
 */
import type { ExecPlan, InversePlan, ObjectPlan, Plan } from '../../config/plan/plan.js';
import { renderValue } from '../../config/plan/render-value.js';

export type InverseRole = 'source' | 'filter';

export interface WantedInverse {
  readonly argv: readonly string[];
  readonly role: InverseRole;
  readonly task: string;
  readonly object: string;
}

export interface KnownInverses {
  /** How the config runs this command; undefined when it does not. Where it has several ways, that of the object wins. */
  find(wanted: WantedInverse): ExecPlan | undefined;
}

/** Which of the shipped execs are filters; the others make data. */
export const SHIPPED_FILTERS: ReadonlySet<string> = new Set(
  (
    'filter-xz-parallel filter-gzip-plain filter-zstd-plain filter-zstd-parallel ' +
    'gzip pigz bzip2 xz zstd lz4 gpg gpg-symmetric age openssl'
  ).split(' '),
);

export function knowInverses(used: Plan | undefined, shipped: Plan): KnownInverses {
  const found = [...(used === undefined ? [] : usedInverses(used)), ...shippedInverses(shipped)];
  const commandsOf = (role: InverseRole): ReadonlySet<string> =>
    new Set(found.filter((one) => one.role === role).map(({ exec }) => commandOf(exec)));
  const sources = commandsOf('source');
  const filters = commandsOf('filter');
  return {
    find({ argv, role, task, object }) {
      const command = JSON.stringify(argv);
      if (role === 'filter' && sources.has(command) && !filters.has(command)) return undefined;
      const same = found.filter(({ exec }) => commandOf(exec) === command);
      const own = same.find((one) => one.task === task && one.object === object);
      return (own ?? same[0])?.exec;
    },
  };
}

interface FoundInverse {
  readonly exec: ExecPlan;
  /** Undefined: it may be either. */
  readonly role: InverseRole | undefined;
  readonly task?: string;
  readonly object?: string;
}

function usedInverses(plan: Plan): readonly FoundInverse[] {
  const backups = [...plan.tasks.values()].filter((task) => task.type === 'backup');
  const ofObjects = backups.flatMap(({ id: task, groups }) =>
    groups
      .flatMap(({ objects }) => objects)
      .flatMap((object) =>
        objectInverses(object).map(({ exec, role }) => ({ exec, role, task, object: object.path })),
      ),
  );
  const defined = plan.execs.flatMap((exec) => inverseOf(exec));
  return [...ofObjects, ...defined.map((exec) => ({ exec, role: undefined }))];
}

/** What an object declares to bring it back may do anything: like a source it is known to nobody who only wants to look. */
function objectInverses({ pipeline, restore = [] }: ObjectPlan): readonly FoundInverse[] {
  const undone = pipeline.flatMap((exec, index) =>
    inverseOf(exec).map((inverse) => {
      const role: InverseRole = index === 0 ? 'source' : 'filter';
      return { exec: inverse, role };
    }),
  );
  return [...undone, ...restore.map((exec) => ({ exec, role: 'source' as const }))];
}

function shippedInverses(plan: Plan): readonly FoundInverse[] {
  return plan.execs.flatMap((exec) =>
    inverseOf(exec).map((inverse) => {
      const role: InverseRole = SHIPPED_FILTERS.has(exec.id ?? '') ? 'filter' : 'source';
      return { exec: inverse, role };
    }),
  );
}

function commandOf(exec: ExecPlan): string {
  return JSON.stringify(exec.argv.map(renderValue));
}

function inverseOf(exec: ExecPlan): readonly ExecPlan[] {
  return exec.inverse === undefined ? [] : [asExec(exec, exec.inverse)];
}

/** The inverse runs where and as whom its exec does, with its environment: a key that encrypts lies where one decrypts. */
function asExec(exec: ExecPlan, inverse: InversePlan): ExecPlan {
  return {
    ...exec,
    id: undefined,
    argv: inverse.argv,
    env: new Map([...exec.env, ...inverse.env]),
    accepted: { min: 0, max: 0 },
    signals: [],
    timeout: undefined,
    inverse: undefined,
  };
}
