/**
 * The real program, but it waits for a log that nobody reads no longer than a test has time; with an IPC channel, it says
 * when only its log keeps it from ending. usage: impatient.js RUNNING_MS ENDING_MS ARGUMENT…
 */
import { main } from '../../src/cli/main.js';

const [node = '', script = '', runningMs, endingMs, ...args] = process.argv;
const patience = { runningMs: Number(runningMs), endingMs: Number(endingMs) };
await main([node, script, ...args], patience);
process.send?.('ended');
