/**
 * The commands that a restore runs without asking. Others may be able to write a manifest, and the inverses that it names
 * are commands. Known are those that are word for word in the config in use, or in what ships with palhm. The inverse of a
 * source, such as `mysql`, is not known as a filter: otherwise a changed manifest could name it as one, and a person who
 * only wants to look at an object would feed its bytes to a database.
 */
import type { ExecPlan, InversePlan, ObjectPlan, Plan } from '../../config/plan/plan.js';
import { renderValue } from '../../config/plan/render-value.js';

export type InverseRole = 'source' | 'filter';

export interface InverseQuery {
  readonly argv: readonly string[];
  readonly role: InverseRole;
  readonly task: string;
  readonly object: string;
}

export interface KnownInverses {
  /** How the config runs this command, undefined when it does not. Of several ways that of the object wins. */
  find(wanted: InverseQuery): ExecPlan | undefined;
  /** Whether the config runs these words in several ways, such as for two databases, and none of them is that of the object. */
  isAmbiguous(wanted: InverseQuery): boolean;
}

/** The shipped execs that are filters. The others make data. */
export const SHIPPED_FILTERS: ReadonlySet<string> = new Set(
  (
    'filter-xz-parallel filter-gzip-plain filter-zstd-plain filter-zstd-parallel ' +
    'gzip pigz bzip2 xz zstd lz4 gpg gpg-symmetric age openssl'
  ).split(' '),
);

export function collectKnownInverses(used: Plan | undefined, shipped: Plan): KnownInverses {
  const inverses = [...(used === undefined ? [] : usedInverses(used)), ...shippedInverses(shipped)];
  const commandsOf = (role: InverseRole): ReadonlySet<string> =>
    new Set(inverses.filter((one) => one.role === role).map(({ exec }) => commandOf(exec)));
  const sources = commandsOf('source');
  const filters = commandsOf('filter');
  const isOwn = (one: KnownInverse, { task, object }: InverseQuery): boolean =>
    one.task === task && one.object === object;
  const listSame = ({ argv }: InverseQuery): readonly KnownInverse[] => {
    const command = JSON.stringify(argv);
    return inverses.filter(({ exec }) => commandOf(exec) === command);
  };
  return {
    find(wanted) {
      const command = JSON.stringify(wanted.argv);
      if (wanted.role === 'filter' && sources.has(command) && !filters.has(command))
        return undefined;
      const same = listSame(wanted);
      return (same.find((one) => isOwn(one, wanted)) ?? same[0])?.exec;
    },
    isAmbiguous(wanted) {
      const same = listSame(wanted);
      if (same.some((one) => isOwn(one, wanted))) return false;
      const ofObjects = same.filter(({ object }) => object !== undefined);
      return new Set(ofObjects.map(({ exec }) => describeWay(exec))).size > 1;
    },
  };
}

interface KnownInverse {
  readonly exec: ExecPlan;
  /** Undefined: it may be either of them. */
  readonly role: InverseRole | undefined;
  readonly task?: string;
  readonly object?: string;
}

function usedInverses(plan: Plan): readonly KnownInverse[] {
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

/** The `restore` of an object may do anything, so it counts as a source: it is not run for a person who only wants to look. */
function objectInverses({ pipeline, restore = [] }: ObjectPlan): readonly KnownInverse[] {
  const undone = pipeline.flatMap((exec, index) =>
    inverseOf(exec).map((inverse) => {
      const role: InverseRole = index === 0 ? 'source' : 'filter';
      return { exec: inverse, role };
    }),
  );
  return [...undone, ...restore.map((exec) => ({ exec, role: 'source' as const }))];
}

function shippedInverses(plan: Plan): readonly KnownInverse[] {
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

/** What makes the same words another command. */
function describeWay({ argv, env, user, cwd }: ExecPlan): string {
  return JSON.stringify([argv, [...env], user, cwd]);
}

function inverseOf(exec: ExecPlan): readonly ExecPlan[] {
  return exec.inverse === undefined ? [] : [inverseExec(exec, exec.inverse)];
}

/** The inverse runs in the directory, as the user and with the environment of its exec: the keys are there. */
function inverseExec(exec: ExecPlan, inverse: InversePlan): ExecPlan {
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
