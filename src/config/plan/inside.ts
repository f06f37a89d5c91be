/** The key `in` of an element: a program that does not run on the host itself. */
import { isAbsolute } from 'node:path';
import { type Cursor, child } from '../check/cursor.js';
import type { PipelineElement } from '../check/types.gen.js';
import { type Problems, report } from '../read/diagnostics.js';
import type { ConfigNode } from '../read/tree.js';
import type { ExecPlan } from './plan.js';
import type { KnownSnapshot } from './snapshots/references.js';
import type { Inside } from './snapshots/sources.js';
import type { Value } from './value.js';

const WHY_UNKNOWN = {
  snapshot:
    'There is no snapshot here that a program can run in: that of the group has to be of type "lxd" and mode "clone", and it is there for the objects of the group, their hooks and "after-snapshot".',
  instance:
    'There is no instance here that a program can run in: the snapshot of the group has to be of type "lxd".',
} as const satisfies Record<Inside, string>;

/** Reports an element whose `in` leads nowhere, and what cannot be handed on to where it leads. */
export function refuseInside(
  { inside, env }: ExecPlan,
  at: Cursor<PipelineElement>,
  { known, problems }: { readonly known: KnownSnapshot; readonly problems: Problems },
): void {
  const key = child(at, 'in', problems);
  if (inside === undefined || key === undefined) return;
  const refuse = (message: string, node: ConfigNode): void =>
    report(problems, { code: 'CONFIG_VALUE', message, at: node });
  if (!known.inside.includes(inside)) refuse(WHY_UNKNOWN[inside], key.node);
  const cwd = 'cwd' in at.value ? child({ ...at, value: at.value }, 'cwd', problems) : undefined;
  if (cwd !== undefined && !isAbsolute(cwd.value))
    refuse('The "cwd" of a program that runs in an instance has to be absolute.', cwd.node);
  const secret = [...env].find(([, value]) => isSecret(value))?.[0];
  if (secret !== undefined)
    refuse(
      `The variable ${secret} is secret, and would be seen in the list of processes of this host: put it into a file of the instance.`,
      key.node,
    );
}

function isSecret(value: Value): boolean {
  if (value.type === 'concat') return value.parts.some(isSecret);
  if (value.type === 'env') return value.secret;
  return value.type === 'file' || value.type === 'credential';
}
