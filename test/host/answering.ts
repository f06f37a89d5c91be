/** Answers how many handlers of SIGUSR1 its process had when it was loaded. */
const handlers = process.listenerCount('SIGUSR1');
process.once('message', () => process.send?.({ handlers }, () => process.disconnect()));
