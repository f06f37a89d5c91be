/** The programs that run around a restore. */
import { type Cursor, child, items } from '../check/cursor.js';
import type { EndRecovery, PostRecovery, PreRecovery } from '../check/types.gen.js';
import { type Problems, report } from '../read/diagnostics.js';
import type { ConfigNode } from '../read/tree.js';
import type { ExecPlan, RecoveryPlan } from './plan.js';
import { refuseFactsOf, resolveStage, type Scope } from './stage.js';

export const NO_RECOVERY: RecoveryPlan = { pre: [], end: [], post: [] };

interface Recovered {
  readonly 'pre-recovery'?: PreRecovery;
  readonly 'end-recovery'?: EndRecovery;
  readonly 'post-recovery'?: PostRecovery;
}

export function resolveRecovery(at: Cursor<Recovered>, scope: Scope): RecoveryPlan {
  const { problems } = scope;
  const resolveList = (key: keyof Recovered): readonly ExecPlan[] =>
    items(child(at, key, problems), problems).flatMap((element) => {
      const exec = resolveStage(element, scope);
      if (exec === undefined) return [];
      refuseFactsOf(exec, element.node, { facts: ['run:object'], problems });
      if (key === 'end-recovery') refuseKeysOfHost(exec, element.node, problems);
      return [exec];
    });
  return {
    pre: resolveList('pre-recovery'),
    end: resolveList('end-recovery'),
    post: resolveList('post-recovery'),
  };
}

/** Users and directories of this host are others in the system that was brought back. */
function refuseKeysOfHost({ user, cwd }: ExecPlan, node: ConfigNode, problems: Problems): void {
  const key = user !== undefined ? 'user' : cwd !== undefined ? 'cwd' : undefined;
  if (key === undefined) return;
  report(problems, {
    code: 'CONFIG_VALUE',
    message: `What "end-recovery" runs may not have a "${key}": it runs by chroot, where those of this host mean nothing.`,
    at: node.type === 'object' ? (node.entries.get(key)?.value ?? node) : node,
  });
}
