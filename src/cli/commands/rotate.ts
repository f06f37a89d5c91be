/** `palhm rotate`: removes old copies now, or prints what would be removed. */
import type { Command } from 'commander';
import { Failure } from '../../failure/failure.js';
import { planRotation, rotate as rotateCopies } from '../../run/operations.js';
import { parseWait, TASK, WAIT } from '../arguments.js';
import { asJson } from '../as-json.js';
import { type Define, look, openPlan, operate, type Session, sessionOf } from '../session.js';

interface Options {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  /** Milliseconds. */
  readonly wait?: number;
}

export const defineRotate: Define = (program, cli) => {
  program
    .command('rotate')
    .description('remove old copies now, as the config says')
    .argument('<task>', TASK)
    .option('--dry-run', 'print the plan, remove nothing')
    .option('--yes', 'confirm a plan that removes many copies at once')
    .option('--json', 'with --dry-run: as JSON')
    .option('--wait <duration>', WAIT, parseWait)
    .action((task: string, options: Options, command: Command) =>
      rotate(sessionOf(cli, command), options, task),
    );
};

/** The plan for a sink that keeps nothing. */
const NOTHING_TO_ROTATE = { fates: [], refused: undefined, warnings: [] };

async function rotate(session: Session, options: Options, task: string): Promise<void> {
  const { dryRun = false, yes: confirmed = false, json = false, wait: waitMs = 0 } = options;
  if (json && !dryRun) throw jsonFailure();
  const plan = await openPlan(session);
  if (!dryRun) {
    const request = { task, confirmed, waitMs };
    await operate(session, plan, (operation) => rotateCopies(operation, request));
    return;
  }
  const { renderRotation } = await import('../../report/copies/rotation.js');
  const report = await look(session, plan, (operation) =>
    planRotation(operation, { task, confirmed }),
  );
  if (report.failure !== undefined) return;
  const rotation = report.found ?? NOTHING_TO_ROTATE;
  const text = json
    ? await asJson(
        () => import('../../wire/rotation.js'),
        ({ encodeRotation }) => encodeRotation(task, rotation),
      )
    : renderRotation(task, rotation);
  session.console.stdout.write(text);
}

function jsonFailure(): Failure {
  return new Failure({
    code: 'USAGE',
    message: '--json works with --dry-run alone: rotation itself has no data to print',
    hint: 'for its events as JSON: palhm --log-format json rotate',
  });
}
