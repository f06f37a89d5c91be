/** `palhm drill`: proves that a copy can be restored. */
import type { Command } from 'commander';
import { drill as drillCopy } from '../../run/operations.js';
import { TASK } from '../arguments.js';
import { type Define, openPlan, operate, type Session, sessionOf } from '../session.js';

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
    .action((task: string, { copy }: Options, command: Command) =>
      drill(sessionOf(cli, command), { task, copy }),
    );
};

async function drill(
  session: Session,
  request: { readonly task: string; readonly copy: string },
): Promise<void> {
  const plan = await openPlan(session);
  await operate(session, plan, (operation) => drillCopy(operation, request));
}
