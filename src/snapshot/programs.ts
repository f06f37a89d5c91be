/** Programs of the host that make, open and remove snapshots. */
import { type HelperEnd, runHelper } from '../host/helper.js';

/** A snapshot waits for what is not written yet. */
const TIMEOUT_MS = 10 * 60_000;

interface Call {
  readonly accept?: readonly number[] | 'any';
  /** Stays open until the program has ended. */
  readonly fd?: number;
  readonly input?: string;
}

/** LVM closes the descriptors that it does not know; it leaves the one for reports, to which none of these writes. */
export async function runLvm(
  argv: readonly [string, ...string[]],
  call: Call = {},
): Promise<HelperEnd> {
  const report = call.fd === undefined ? {} : { LVM_REPORT_FD: '3' };
  const environment = { LVM_SUPPRESS_FD_WARNINGS: '1', ...report };
  return await run(argv, { ...call, environment });
}

/** Any other program. Failure SNAPSHOT_FAILED. */
export async function runProgram(
  argv: readonly [string, ...string[]],
  call: Call = {},
): Promise<HelperEnd> {
  return await run(argv, call);
}

async function run(
  argv: readonly [string, ...string[]],
  call: Call & { readonly environment?: Readonly<Record<string, string>> },
): Promise<HelperEnd> {
  return await runHelper({ argv, code: 'SNAPSHOT_FAILED', timeoutMs: TIMEOUT_MS, ...call });
}
