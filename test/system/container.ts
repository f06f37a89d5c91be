/** systemd as process 1 of a container on an overlay of this machine's root, with palhm and its units installed. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Answer,
  INSTALLED,
  makeLabDirectory,
  mustRunScript,
  repositoryShares,
  runScript,
} from './lab.js';

export interface Container {
  /** Where /var/backups/lab of the container is on this machine: the place for roots. */
  readonly backups: string;
  /** Replaces /etc/palhm/palhm.jsonc. */
  configure(config: object): Promise<void>;
  /** Runs a shell script as root, to its end. */
  run(script: string): Promise<Answer>;
  /** The output of a shell script that must succeed. */
  mustRun(script: string): Promise<string>;
  /** A drop-in for a unit. */
  dropIn(unit: string, text: string): Promise<void>;
  /** Waits until the journal of a unit has a line with this text. */
  journalSays(unit: string, text: string): Promise<void>;
  /** Powers it off and removes all of it. */
  remove(): Promise<void>;
}

const INSTALL = `
  ln -s ${INSTALLED}/bin/palhm.js /usr/local/bin/palhm
  cp ${INSTALLED}/systemd/palhm@.service ${INSTALLED}/systemd/palhm@.timer /etc/systemd/system/
  systemctl daemon-reload`;
const PATIENCE_SECONDS = 60;

/** `more`: further shares, each `PATH:PATH-INSIDE`. */
export async function startContainer(more: readonly string[] = []): Promise<Container> {
  const directory = await makeLabDirectory();
  const state = join(directory, 'systemd');
  const backups = join(directory, 'backups');
  const etc = join(directory, 'etc');
  await mkdir(backups);
  await mkdir(etc);
  const run = (script: string): Promise<Answer> =>
    runScript('systemd-exec.sh', [state, 'bash', '-c', script]);
  const mustRun = (script: string): Promise<string> =>
    mustRunScript('systemd-exec.sh', [state, 'bash', '-ec', script]);
  const remove = async (): Promise<void> => {
    await mustRunScript('systemd-down.sh', [state, '--wipe']);
    await rm(directory, { recursive: true });
  };
  try {
    const own = [`${backups}:/var/backups/lab`, `${etc}:/etc/palhm`];
    const shares = [...repositoryShares(''), ...own, ...more];
    await mustRunScript('systemd-up.sh', [state, ...shares]);
    await mustRun(INSTALL);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    backups,
    run,
    mustRun,
    remove,
    configure: (config) => writeFile(join(etc, 'palhm.jsonc'), JSON.stringify(config)),
    async dropIn(unit, text) {
      const place = `/etc/systemd/system/${unit}.d`;
      await mustRun(
        `mkdir -p ${place}; echo '${text}' >${place}/test.conf; systemctl daemon-reload`,
      );
    },
    async journalSays(unit, text) {
      // `journalctl -f` goes on until its next line has no reader; nothing may wait for it.
      const watch = `grep -qm1 -F '${text}' < <(journalctl -f -n all -o cat -u ${unit} 2>/dev/null)`;
      const { code } = await run(`timeout ${PATIENCE_SECONDS} bash -c "${watch}"`);
      if (code !== 0) throw new Error(`${unit} never said "${text}":\n${await journal()}`);
      async function journal(): Promise<string> {
        return (await run(`journalctl -o cat --no-pager -u ${unit}`)).stdout;
      }
    },
  };
}
