/** Marks that name a run which is alive, or that somebody else has made: no process is ended and nothing is removed. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import type { Event } from '../../src/events/events.js';
import { readStatNow } from '../../src/host/proc.js';
import { markOfRun } from '../../src/host/run-processes.js';
import { sweepDrills } from '../../src/run/drill/leftovers.js';
import { describeHost } from '../../src/run/operation/operation.js';
import { sweepTarget } from '../../src/run/restore/staging.js';
import { openTarget } from '../../src/run/restore/target.js';
import { tidyRoot } from '../../src/sink/localfs/remove/tidy.js';
import { isAlive } from '../rig/processes.js';
import { makeScratch } from '../rig/scratch.js';
import { openStand } from '../rig/stand.js';

const SOMEBODY = 12_345;
const skip = process.geteuid?.() === 0 ? false : 'only root can make files of others';

let directory: string;
let run: string;
let stage: ChildProcess;
let events: Event[];
const emit = (event: Event): void => void events.push(event);

/** A stage of the run, which this process carries out, or one that has died. */
async function startStage(environment: NodeJS.ProcessEnv): Promise<void> {
  stage = spawn('sleep', ['1000'], { stdio: 'ignore', env: { ...process.env, ...environment } });
  await once(stage, 'spawn');
}

beforeEach(() => {
  directory = makeScratch();
  run = randomUUID();
  events = [];
});
afterEach(async () => {
  if (isAlive(stage.pid ?? 0)) {
    stage.kill('SIGKILL');
    await once(stage, 'exit');
  }
  rmSync(directory, { recursive: true });
});

interface Place {
  /** Makes the mark, and returns its path. */
  readonly plant: () => string;
  readonly sweep: () => Promise<unknown>;
}

function plantDirectory(name: string): string {
  const path = join(directory, name);
  mkdirSync(path, { mode: 0o700 });
  return path;
}

const PLACES: Readonly<Record<string, Place>> = {
  'an unfinished restore': {
    plant: () => plantDirectory(`.palhm-restore.${run}`),
    async sweep() {
      const target = await openTarget(directory);
      await sweepTarget(target, emit);
      await target.handle.close();
    },
  },
  'an unfinished copy': {
    plant: () => plantDirectory(`.palhm-partial.${run}`),
    sweep: () => tidyRoot({ root: directory, emit, signal: undefined }),
  },
  'a drill': {
    plant() {
      const path = plantDirectory('palhm-drill-x');
      writeFileSync(join(path, 'drill.json'), JSON.stringify({ run, task: 'backup' }));
      return path;
    },
    async sweep() {
      const stand = openStand();
      const host = describeHost({ ...process.env, TMPDIR: directory });
      await sweepDrills(stand.operation([], { host, outlet: emit }), 'backup');
      stand.close();
    },
  },
};

for (const name of ['an unfinished restore', 'an unfinished copy'])
  for (const [whose, expose] of [
    ['of another user', () => chownSync(directory, SOMEBODY, SOMEBODY)],
    ['in which everybody may write', () => chmodSync(directory, 0o777)],
  ] as const)
    test(`what looks like ${name} in a directory ${whose} may be ours by another name`, {
      skip,
    }, async () => {
      await startStage({ PALHM_RUN: run });
      const { plant, sweep } = PLACES[name] ?? assert.fail(name);
      const path = plant();
      expose();
      await sweep();
      assert.ok(isAlive(stage.pid ?? 0));
      assert.ok(existsSync(path));
      assert.match(JSON.stringify(events), /may have given it that name: it is left as it is/);
    });

for (const [name, { plant, sweep }] of Object.entries(PLACES))
  suite(`what looks like ${name}`, () => {
    test('of a run that is alive is left alone, and said', async () => {
      await startStage(markOfRun(run, {}));
      const path = plant();
      await sweep();
      assert.ok(isAlive(stage.pid ?? 0));
      assert.ok(existsSync(path));
      assert.match(
        JSON.stringify(events),
        new RegExp(`names run ${run}, which is alive in process ${process.pid}`),
      );
    });

    test('and was made by another user is left alone', { skip }, async () => {
      await startStage({ PALHM_RUN: run });
      const path = plant();
      chownSync(path, SOMEBODY, SOMEBODY);
      await sweep();
      assert.ok(isAlive(stage.pid ?? 0));
      assert.ok(existsSync(path));
    });

    test('of a run whose palhm has died, and whose number another process has, is swept', async () => {
      const { startTime = 0 } = readStatNow(process.pid) ?? {};
      await startStage({ PALHM_RUN: run, PALHM_PROCESS: `${process.pid}.${startTime - 1}` });
      const exited = once(stage, 'exit');
      const path = plant();
      await sweep();
      await exited;
      assert.ok(!existsSync(path));
    });
  });
