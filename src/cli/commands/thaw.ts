/** `palhm thaw`: thaws what runs that died have left frozen. */
import type { Command } from 'commander';
import { loadShippedPlan, thaw as thawLeftovers } from '../../run/operations.js';
import { type Define, operate, type Session, sessionOf, withVerbosity } from '../session.js';

export const defineThaw: Define = (program, cli) => {
  program
    .command('thaw')
    .description('thaw what runs that died have left frozen; reads no config')
    .action((_: unknown, command: Command) => thaw(sessionOf(cli, command)));
};

async function thaw(session: Session): Promise<void> {
  const plan = withVerbosity(await loadShippedPlan(session.plans), session.options);
  const { renderThaw } = await import('../../report/thaw.js');
  const { found } = await operate(session, plan, thawLeftovers);
  // A service calls it each time that it ends.
  const isNews = found !== undefined && (found.length > 0 || session.options.quiet !== true);
  if (isNews) session.console.stdout.write(renderThaw(found));
}
