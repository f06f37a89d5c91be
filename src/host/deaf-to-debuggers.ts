/** While nobody handles SIGUSR1, it opens the debugger of Node to every user of the host. */
process.on('SIGUSR1', () => undefined);
