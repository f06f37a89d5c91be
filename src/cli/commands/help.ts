/** `palhm help`: the help of a command. */
import type { Define } from '../session.js';

/** The help command of commander does not find a command below another, and for an unknown word it prints all the help. */
export const defineHelp: Define = (program) => {
  program
    .command('help')
    .description('show the help of a command')
    .argument('[command...]', 'such as "run" or "config check"')
    .action((names: readonly string[]) => {
      let command = program;
      for (const name of names) {
        command =
          command.commands.find((one) => one.name() === name) ??
          program.error(`error: unknown command '${names.join(' ')}'`);
      }
      command.outputHelp();
    });
};
