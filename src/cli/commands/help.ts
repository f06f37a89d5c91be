/** `palhm help`: the help of a command. */
import type { Define } from '../define.js';

/** Commander's own knows no command below another, and takes a word that is none for a wish for the whole help. */
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
