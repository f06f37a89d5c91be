/** Asks libvirt, by the program `virsh`. */
import type { LibvirtPlan } from '../../config/plan/snapshots/sources.js';
import type { FailureCode } from '../../failure/codes.js';
import { runHelper } from '../../host/helper.js';
import { quoteForShell } from '../../units/shell-quote.js';
import { snapshotFailure } from '../snapshot-failure.js';
import { type Domain, readDomain } from './domain.js';

/** For what libvirt does at once, unless it waits for something else that it does with the domain. */
const TIMEOUT_MS = 2 * 60_000;

export interface Asking {
  readonly code?: FailureCode;
  readonly timeoutMs?: number;
  /** A descriptor that stays open until the program has ended, also when palhm is killed. */
  readonly fd?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What it prints. Failure with the code, by default SNAPSHOT_FAILED. */
export async function runVirsh(
  { uri }: Pick<LibvirtPlan, 'uri'>,
  args: readonly string[],
  asking: Asking = {},
): Promise<string> {
  const { stdout } = await runHelper({
    argv: virshCommand(uri, args),
    code: 'SNAPSHOT_FAILED',
    timeoutMs: TIMEOUT_MS,
    ...asking,
  });
  return stdout;
}

export function virshCommand(
  uri: string | undefined,
  args: readonly string[],
): readonly [string, ...string[]] {
  return ['virsh', '--quiet', ...(uri === undefined ? [] : ['--connect', uri]), ...args];
}

/** For people, who paste it. */
export function virshLine(uri: string | undefined, args: readonly string[]): string {
  const connect = uri === undefined ? [] : ['--connect', uri];
  return ['virsh', ...connect, ...args].map(quoteForShell).join(' ');
}

/** By its name or its UUID: virsh takes a name that is a number for that of a running domain. Failure SNAPSHOT_FAILED. */
export async function findDomain(
  plan: Pick<LibvirtPlan, 'uri' | 'domain'>,
  asking?: Asking,
): Promise<Domain> {
  const found = readDomain(await runVirsh(plan, ['dumpxml', '--domain', plan.domain], asking));
  if ([found.name, found.uuid].includes(plan.domain)) return found;
  throw snapshotFailure(`there is no domain with the name ${plan.domain}`);
}
