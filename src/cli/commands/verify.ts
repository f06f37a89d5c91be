/** `palhm verify`: reads copies and compares them with their manifests. */
import type { Command } from 'commander';
import { verify as verifyCopies } from '../../run/operations.js';
import { ONLY_TASK, parsePart } from '../arguments.js';
import { asJson } from '../as-json.js';
import { type Define, openPlan, operate, type Session, sessionOf } from '../session.js';

interface Options {
  /** A prefix, `latest` or `all`. */
  readonly copy: string;
  readonly decode?: boolean;
  /** Above 0, at most 1. */
  readonly sample?: number;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export const defineVerify: Define = (program, cli) => {
  program
    .command('verify')
    .description('read copies again and compare them with their manifests')
    .argument('[task]', ONLY_TASK)
    .option('--copy <copy>', 'a prefix, "latest" or "all"', 'latest')
    .option('--decode', 'also undo the filters, and read what is a tar to its end')
    .option('--sample <part>', 'read only so many of the objects, chosen at random: 10%', parsePart)
    .option('--yes', 'with --decode: run what a manifest names though no config knows it')
    .option('--json', 'as JSON')
    .action((task: string | undefined, options: Options, command: Command) =>
      verify(sessionOf(cli, command), options, task),
    );
};

async function verify(session: Session, options: Options, task: string | undefined): Promise<void> {
  const { copy, decode = false, sample = 1, yes: confirmed = false, json = false } = options;
  const plan = await openPlan(session);
  const { renderVerdicts } = await import('../../report/copies/verdicts.js');
  const request = { task, copy, decode, sample, confirmed };
  const { found } = await operate(session, plan, (operation) => verifyCopies(operation, request));
  if (found === undefined) return;
  const text = json
    ? await asJson(
        () => import('../../wire/verdicts.js'),
        ({ encodeVerdicts }) => encodeVerdicts(found.task, found.verdicts),
      )
    : renderVerdicts(found.verdicts);
  session.console.stdout.write(text);
}
