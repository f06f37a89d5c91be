#!/usr/bin/env node
// Before anything else is loaded: while nobody handles SIGUSR1, it opens the debugger of Node to every user of the host.
process.on('SIGUSR1', () => {});

try {
  const { main } = await import('../dist/src/cli/main.js');
  await main(process.argv);
} catch (error) {
  // What shows failures could not be loaded.
  if (error?.code !== 'EMFILE' && error?.code !== 'ENFILE') throw error;
  const lines = [
    `failed  palhm  ${error.code}`,
    '  palhm could not be loaded: too many files are open',
    '  next: raise the limit of open files (ulimit -n, LimitNOFILE=)',
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exitCode = 1;
}
