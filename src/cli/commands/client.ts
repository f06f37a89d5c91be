/** `palhm client`: a machine hands its config in to the host that backs it up, and that host takes it. */
import type { Command } from 'commander';
import { EXIT } from '../../failure/exit-codes.js';
import { Failure } from '../../failure/failure.js';
import { pushConfig, receiveConfig } from '../../run/operations.js';
import { say } from '../console.js';
import { type Define, openSource, type Session, sessionOf } from '../session.js';

const DEFAULT_FILE = '/etc/palhm/client.jsonc';

interface PushOptions {
  readonly to: string;
  readonly absent?: boolean;
  readonly sshOption?: readonly string[];
}

interface ReceiveOptions {
  readonly absent?: boolean;
}

export const defineClient: Define = (program, cli) => {
  const client = program
    .command('client')
    .description('hand the config of this machine in to its host; take one, as that host');
  client
    .command('push')
    .description('hand a config in by ssh, or that this machine wants no backup any more')
    .argument('[file]', 'the config', DEFAULT_FILE)
    .requiredOption('--to <host>', 'as ssh takes it: palhm-clients@host, ssh://…@host:2222')
    .option('--absent', 'hand in that this machine wants no backup any more')
    .option('--ssh-option <option...>', 'as of ssh -o, such as Port=2222')
    .action((file: string, options: PushOptions, command: Command) =>
      push(sessionOf(cli, command), file, options),
    );
  client
    .command('receive')
    .description('take the config of a client from stdin: the command that its key is bound to')
    .argument('<name>', 'the name of the client')
    .option('--absent', 'it wants no backup any more')
    .action((name: string, options: ReceiveOptions, command: Command) =>
      receive(sessionOf(cli, command), name, options),
    );
};

async function push({ console, end }: Session, file: string, options: PushOptions): Promise<void> {
  const { to: destination, absent = false, sshOption = [] } = options;
  const gate = console.openSignals({ onStop: () => undefined, onAsked: () => undefined });
  const { exitCode, said } = await pushConfig({
    destination,
    file: absent ? undefined : file,
    options: sshOption,
    signal: gate.signal,
  });
  for (const line of said) say(console.stderr, line);
  const isOurs = Object.values<number>(EXIT).includes(exitCode);
  if (!isOurs) say(console.stderr, `palhm: ${destination} has ended with ${exitCode}`);
  end.exitCode = isOurs ? exitCode : EXIT.failed;
}

async function receive(
  session: Session,
  name: string,
  { absent = false }: ReceiveOptions,
): Promise<void> {
  const { console } = session;
  const { stdin: input, environment } = console;
  const isAbsent = wordOf(environment['SSH_ORIGINAL_COMMAND']) ?? absent;
  const source = await openSource(session);
  const file = await receiveConfig({ source, name, isAbsent, input, environment });
  say(console.stdout, `${file} was taken${isAbsent ? ': absent' : ''}`);
}

/** What the client has asked ssh to run is one of two words, and is never run. */
function wordOf(asked: string | undefined): boolean | undefined {
  if (asked === undefined) return undefined;
  if (asked === 'present' || asked === 'absent') return asked === 'absent';
  throw new Failure({
    code: 'USAGE',
    message: 'this key can only hand in a config',
    hint: 'say "present", with the config on stdin, or "absent"',
  });
}
