/** The real program on a config of its own for each test, with stages that the test commands. */
import { after, afterEach, before, beforeEach } from 'node:test';
import { type RunningPalhm, startPalhm } from './palhm.js';
import { openRig, type Rig } from './rig.js';
import { makeSite, type Site } from './site.js';

export interface Commanded {
  readonly rig: Rig;
  readonly site: Site;
  /** The script of a stage that the test commands, behind a shell. */
  readonly script: (name: string) => string;
  /** Writes a config with this stage alone. */
  readonly writeStage: (name: string) => void;
  readonly start: (...args: readonly string[]) => RunningPalhm;
}

/** To be called before the first test of a file. */
export function commandStages(): Commanded {
  let site: Site;
  let rig: Rig;
  before(async () => {
    rig = await openRig();
  });
  after(() => rig.close());
  beforeEach(() => {
    site = makeSite();
  });
  afterEach(() => site.remove());
  const script = (name: string): string => {
    const argv = rig.argv(name).map((word) => `'${word}'`);
    return `exec ${argv.join(' ')}`;
  };
  return {
    get rig() {
      return rig;
    },
    get site() {
      return site;
    },
    script,
    writeStage: (name) => site.write({ objects: [{ path: 'a', stages: [script(name)] }] }),
    start: (...args) => startPalhm(['-f', site.config, ...args]),
  };
}
