/** Calls palhm once for each command line of its arguments, which are JSON, and prints how each ended. */
import { callPalhm } from '../../rig/palhm.js';

for (const args of process.argv.slice(2)) {
  const { code, stderr } = await callPalhm(JSON.parse(args) as string[]);
  process.stdout.write(`${JSON.stringify({ code, stderr })}\n`);
}
