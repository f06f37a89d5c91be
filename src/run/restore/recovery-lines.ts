/** `--print`: what a recovery runs around the lines of the objects. */
import type { ExecPlan } from '../../config/plan/plan.js';
import type { HookKind } from '../../events/events.js';
import { enterRoot } from '../../exec/wrappers.js';
import { quoteForShell } from '../../units/shell-quote.js';
import type { Operation } from '../operation/operation.js';
import { listMissing, renderForShell } from './apply-line.js';
import { chooseRecovery, recoveryOf } from './recovery.js';
import type { PrintRequest } from './request.js';

export interface RecoveryLine {
  readonly hook: HookKind;
  readonly line: string;
  /** What the line lacks, for people. */
  readonly remarks: readonly string[];
  /** Why it is only told; undefined: it is one of the lines that bring all back. */
  readonly leftOut: string | undefined;
}

export interface RecoveryLines {
  readonly before: readonly RecoveryLine[];
  readonly after: readonly RecoveryLine[];
}

/** Without `apply` the lines bring nothing back to where it came from: then all is only told. Failure USAGE. */
export function recoveryLines(
  { plan }: Pick<Operation, 'plan'>,
  task: string,
  { recovery, apply }: Pick<PrintRequest, 'recovery' | 'apply'>,
): RecoveryLines {
  const chosen = chooseRecovery(plan, task, recovery);
  const { pre, end, post } = recoveryOf(plan, task);
  const leftOut = apply && recovery.type === 'hooks' ? undefined : 'not run here';
  const linesOf = (hook: HookKind, execs: readonly ExecPlan[], why = leftOut) =>
    execs.map((exec) => describeLine(exec, hook, why));
  const inside =
    chosen.end.length > 0
      ? linesOf('end-recovery', chosen.end)
      : linesOf('end-recovery', end, leftOut ?? 'runs by chroot, with --chroot DIR');
  return {
    before: linesOf('pre-recovery', pre),
    after: [...inside, ...linesOf('post-recovery', post)],
  };
}

function describeLine(exec: ExecPlan, hook: HookKind, leftOut: string | undefined): RecoveryLine {
  const missing = [...new Set(listMissing(exec))];
  const enter = exec.root === undefined ? [] : enterRoot(exec.root)([]).map(quoteForShell);
  return {
    hook,
    line: [...enter, renderForShell(exec)].join(' '),
    remarks:
      missing.length === 0 ? [] : [`first put in what only palhm knows: ${missing.join(', ')}`],
    leftOut,
  };
}
