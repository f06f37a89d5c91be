#!/usr/bin/env node
// Before anything else is loaded: while nobody handles SIGUSR1, it opens the debugger of Node to every user of the host.
process.on('SIGUSR1', () => {});

const { main } = await import('../dist/src/cli/main.js');
await main(process.argv);
