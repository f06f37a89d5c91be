/** How a command of commander becomes a call of palhm. */
import type { Command } from 'commander';
import type { PlanCache } from '../run/operations.js';
import type { Console } from './console.js';
import type { GlobalOptions } from './global-options.js';
import type { End, Session } from './session.js';

export interface Cli {
  readonly console: Console;
  readonly plans: PlanCache;
  readonly end: End;
}

/** Adds a command to the program, or to the command that it is below. */
export type Define = (program: Command, cli: Cli) => void;

/**
 * An action for commander, which hands it the arguments, then the options, then the command: the work gets the session,
 * the options and the arguments.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- each command names the types of its own options
export function act<O, A extends readonly unknown[]>(
  cli: Cli,
  work: (session: Session, options: O, ...args: A) => Promise<void> | void,
): (...parsed: unknown[]) => Promise<void> {
  return async (...parsed) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- commander knows no types of what it hands over
    const [command, options] = parsed.slice(-2).reverse() as [Command, O];
    const session: Session = { ...cli, options: command.optsWithGlobals<GlobalOptions>() };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
    await work(session, options, ...(parsed.slice(0, -2) as unknown as A));
  };
}
