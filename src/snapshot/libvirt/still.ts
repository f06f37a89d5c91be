/**
 * How a guest is kept still. The overlays of all of its disks begin at one instant without that, as after a power cut; a guest whose
 * agent freezes its file systems has written what it had in memory besides.
 */
import type { LibvirtPlan } from '../../config/plan/snapshots/sources.js';
import { runHelper } from '../../host/helper.js';
import { quoteForShell } from '../../units/shell-quote.js';
import type { Still } from '../provider.js';
import { runVirsh, virshCommand } from './virsh.js';

const PING_SECONDS = 5;
/** Longer than a guest needs whose own programs prepare it first, such as Windows: 10 s at most. */
const FREEZE_SECONDS = 15;
/** When no thaw is begun any more. The last one may wait twice as long as a ping, and all have 30 s. */
const THAW_SECONDS = 19;

/** Undefined for a guest that is off, or that somebody has paused: then nobody but him may resume it. */
export async function stillOf(plan: LibvirtPlan, uuid: string): Promise<Still | undefined> {
  const { quiesce } = plan;
  if (quiesce === 'none') return undefined;
  if (!(await runVirsh(plan, ['list', '--uuid', '--state-running'])).includes(uuid))
    return undefined;
  const isAgent = quiesce === 'agent' || (quiesce === 'auto' && (await answers(plan, uuid)));
  return isAgent ? stillByAgent(plan, uuid) : stillByPause(plan, uuid);
}

/** Whether the agent in the guest answers, which takes no time when it does. */
export async function answers(plan: Connection, uuid: string): Promise<boolean> {
  const { exitCode } = await runHelper({
    argv: agentCommand(plan, uuid, ['guest-ping', PING_SECONDS]),
    code: 'SNAPSHOT_FAILED',
    accept: 'any',
    timeoutMs: 4 * PING_SECONDS * 1000,
  });
  return exitCode === 0;
}

type Connection = Pick<LibvirtPlan, 'uri'>;
type Command = readonly [string, ...string[]];

/** `virsh domfsfreeze` waits for ever for an agent that does not answer, and who thaws then waits for that. */
function agentCommand(
  { uri }: Connection,
  uuid: string,
  [execute, seconds]: readonly [execute: string, seconds: number],
): Command {
  const options = ['--domain', uuid, '--timeout', String(seconds)];
  return virshCommand(uri, ['qemu-agent-command', ...options, JSON.stringify({ execute })]);
}

/**
 * An agent that has not answered in time may still freeze: only what is asked before that has frozen nothing. It answers a thaw
 * only then; so that is tried until it does, or the guest is off.
 */
function stillByAgent(plan: Connection, uuid: string): Still {
  const status = agentCommand(plan, uuid, ['guest-fsfreeze-status', PING_SECONDS]);
  const thaw = agentCommand(plan, uuid, ['guest-fsfreeze-thaw', PING_SECONDS]);
  return {
    freeze: [
      shell(`status=$(${quote(status)}) || exit
        case $status in *thawed*) exit 0 ;; esac
        echo "somebody else has frozen the guest: $status" >&2; exit 1`),
      agentCommand(plan, uuid, ['guest-fsfreeze-freeze', FREEZE_SECONDS]),
    ],
    thaw: [
      shell(`end=$(($(date +%s) + ${THAW_SECONDS}))
        until said=$(${quote(thaw)} 2>&1); do
          on=$(${listing(plan, 'active')}) && case $on in *${uuid}*) ;; *) exit 0 ;; esac
          if [ "$(date +%s)" -ge $end ]; then echo "$said" >&2; exit 1; fi
          sleep 1
        done`),
    ],
    until: 'taken',
  };
}

/** Who has paused it before, or after it was resumed, is left alone. */
function stillByPause(plan: Connection, uuid: string): Still {
  const change = (verb: string, from: 'running' | 'paused', otherwise: string): Command =>
    shell(`all=$(${listing(plan, from)}) || exit
      case $all in *${uuid}*) exec ${quote(virshCommand(plan.uri, [verb, '--domain', uuid]))} ;; esac
      ${otherwise}`);
  return {
    freeze: [change('suspend', 'running', 'echo "the guest does not run" >&2; exit 1')],
    thaw: [change('resume', 'paused', 'exit 0')],
    until: 'taken',
  };
}

/** `active`: running, paused or anything else but off. */
function listing({ uri }: Connection, state: 'active' | 'running' | 'paused'): string {
  const only = state === 'active' ? [] : [`--state-${state}`];
  return quote(virshCommand(uri, ['list', '--uuid', ...only]));
}

function quote(argv: Command): string {
  return argv.map(quoteForShell).join(' ');
}

function shell(script: string): Command {
  return ['sh', '-c', script];
}
