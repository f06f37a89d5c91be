/** Hooks: the programs that run before and after a task, a group or an object, when it has failed, and in any case. */
import { type Cursor, child, items } from '../check/cursor.js';
import type { After, Always, Before, OnError } from '../check/types.gen.js';
import type { ExecPlan, HooksPlan } from './plan.js';
import type { UnknownFact } from './run-facts.js';
import type { KnownSnapshot } from './snapshots/references.js';
import { refuseFactsOf, resolveStage, type Scope } from './stage.js';

export const NO_HOOKS: HooksPlan = { before: [], after: [], onError: [], always: [] };

/** All of them. */
export function execsOfHooks({ before, after, onError, always }: HooksPlan): readonly ExecPlan[] {
  return [...before, ...after, ...onError, ...always];
}

/** What has hooks. */
type Part = 'backup' | 'routine' | 'group' | 'object';

interface Hooked {
  readonly before?: Before;
  readonly after?: After;
  readonly 'on-error'?: OnError;
  readonly always?: Always;
}

/** `known`: what the hooks of a group or an object may refer to of its snapshot. */
export function resolveHooks(
  at: Cursor<Hooked>,
  { part, known }: { readonly part: Part; readonly known?: KnownSnapshot | undefined },
  scope: Scope,
): HooksPlan {
  const { problems } = scope;
  const resolveList = (key: keyof Hooked): readonly ExecPlan[] =>
    items(child(at, key, problems), problems).flatMap((element) => {
      const exec = resolveStage(element, scope, known);
      if (exec === undefined) return [];
      refuseFactsOf(exec, element.node, { facts: factsUnknownTo(part, key), problems });
      return [exec];
    });
  return {
    before: resolveList('before'),
    after: resolveList('after'),
    onError: resolveList('on-error'),
    always: resolveList('always'),
  };
}

function factsUnknownTo(part: Part, key: keyof Hooked): readonly UnknownFact[] {
  if (part === 'object') return [];
  // A backup has a prefix for sure when it is done, and no sooner.
  const hasPrefix = part === 'group' || (part === 'backup' && key === 'after');
  return hasPrefix ? ['run:object'] : ['run:object', 'run:prefix'];
}
