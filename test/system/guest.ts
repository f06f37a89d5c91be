/** A guest with its own kernel, whose power can be cut. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Answer, mustRunScript, pathOf, runScript } from './lab.js';

export interface Guest {
  /** Boots it. The data disk is as the last guest left it, or empty the first time. */
  boot(): Promise<void>;
  /** Runs a shell script in it, to its end. */
  run(script: string): Promise<Answer>;
  /** Runs a shell script in it until a line of its stderr is the awaited one, then cuts the power. */
  cutWhen(script: string, isMoment: (line: string) => boolean): Promise<CutOff>;
  /** What is not on its disk is gone. */
  cut(): Promise<void>;
  /** Powers it off and removes all of it. */
  remove(): Promise<void>;
}

export interface CutOff {
  /** All lines of stderr that came out before the lights went off. */
  readonly lines: readonly string[];
  /** False when the script had ended before the moment came. */
  readonly wasInTime: boolean;
}

export function createGuest(state: string, shares: readonly string[]): Guest {
  let hasDisk = false;
  const cut = (): Promise<string> => mustRunScript('vm-down.sh', [state], { LAB_KILL: '1' });
  return {
    async boot() {
      const keep = hasDisk ? { LAB_KEEP_DATA: '1' } : {};
      hasDisk = true;
      await mustRunScript('vm-up.sh', [state, ...shares], {
        ...keep,
        LAB_DISK_GB: '1',
        LAB_MEM: '1024',
      });
    },
    run: (script) => runScript('vm-exec.sh', [state, 'bash', '-c', script]),
    async cutWhen(script, isMoment) {
      const child = spawn(pathOf('vm-exec.sh'), [state, 'bash', '-c', script], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const ended = once(child, 'close');
      const lines: string[] = [];
      let cutting: Promise<string> | undefined;
      createInterface({ input: child.stderr }).on('line', (line) => {
        lines.push(line);
        if (isMoment(line)) cutting ??= cut();
      });
      await ended;
      const wasInTime = cutting !== undefined;
      await (cutting ?? cut());
      return { lines, wasInTime };
    },
    async cut() {
      await cut();
    },
    async remove() {
      await runScript('vm-down.sh', [state], { LAB_KILL: '1' });
      await mustRunScript('vm-down.sh', [state, '--wipe']);
    },
  };
}
