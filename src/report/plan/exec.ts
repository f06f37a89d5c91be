/** An exec as a line of text, for `run --plan` and `config check`. */
import type { ExecPlan } from '../../config/plan/plan.js';
import { renderCommand, renderEnvironmentValue } from '../../config/plan/render-value.js';
import { escapeControls } from '../../units/escape.js';
import { wordConditions } from './wording.js';

/** As one would type it in a shell: `MYSQL_PWD=${credential:db} mysqldump --all-databases`. */
export function renderExec({ env, argv }: ExecPlan): string {
  const assignments = Array.from(
    env,
    ([name, value]) => `${name}=${renderEnvironmentValue(value)}`,
  );
  return escapeControls([...assignments, renderCommand(argv)].join(' '));
}

/** None, or one line: `  stage 1 accepts exit codes 0 to 1, nice 10`. `who` is empty or ends with a blank. */
export function renderConditions(exec: ExecPlan, who: string): readonly string[] {
  const conditions = wordConditions(exec);
  return conditions.length === 0 ? [] : [`  ${who}${escapeControls(conditions.join(', '))}`];
}
