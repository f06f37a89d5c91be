/** Where palhm itself writes during a backup, or reads what it cannot do without: none of it may be frozen. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BackupPlan } from '../../config/plan/plan.js';
import { temporaryDirectory } from '../../host/temporary-directory.js';
import { factsOf } from '../../sink/registry.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Absolute paths; not all of them need be there. */
export function placesWritten(
  { sink }: Pick<BackupPlan, 'sink'>,
  environment: Environment,
): readonly string[] {
  const { directory } = factsOf(sink);
  const variables = ['XDG_RUNTIME_DIR', 'RUNTIME_DIRECTORY', 'STATE_DIRECTORY', 'LOGS_DIRECTORY'];
  return [
    '/',
    ...(directory === undefined ? [] : [directory]),
    ...LOGS,
    ...variables.flatMap((name) => environment[name]?.split(':') ?? []),
    temporaryDirectory(environment),
    '/var/lib/palhm',
    '/run',
    '/run/lock',
    '/run/palhm',
    fileURLToPath(new URL('../../..', import.meta.url)),
    dirname(process.execPath),
    process.cwd(),
  ].filter((place) => place.startsWith('/'));
}

/** Of journald and of syslog, and the files that palhm's own output goes to. */
const LOGS = [
  '/var/log',
  '/var/log/journal',
  '/run/log/journal',
  '/proc/self/fd/1',
  '/proc/self/fd/2',
];
