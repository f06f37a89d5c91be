/** `palhm drill`: prove that a copy can be restored. */
import { drill as drillCopy } from '../../run/operations.js';
import { TASK } from '../arguments.js';
import { act, type Define } from '../define.js';
import { openPlan, operate, type Session } from '../session.js';

interface Options {
  /** A prefix, or `latest`. */
  readonly copy: string;
}

export const defineDrill: Define = (program, cli) => {
  program
    .command('drill')
    .description('restore a copy where it harms nothing, check it, and record that')
    .argument('<task>', TASK)
    .option('--copy <copy>', 'its prefix, or "latest"', 'latest')
    .action(act<Options, [string]>(cli, drill));
};

async function drill(session: Session, { copy }: Options, task: string): Promise<void> {
  const plan = await openPlan(session);
  await operate(session, plan, (operation) => drillCopy(operation, { task, copy }));
}
