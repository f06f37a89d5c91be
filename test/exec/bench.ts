/** Runs pipelines, each into its own file. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecPlan } from '../../src/config/plan/plan.js';
import type { JudgedStage } from '../../src/exec/blame.js';
import { factsOf, layerFacts } from '../../src/exec/facts.js';
import { type PipelineStart, runPipeline } from '../../src/exec/pipeline.js';
import { createRedactor } from '../../src/exec/redactor.js';
import { Failure } from '../../src/failure/failure.js';

export interface Bench {
  readonly runId: string;
  readonly directory: string;
  /** The lines that the last run wrote to stderr. */
  readonly lines: string[];
  readonly run: (
    execs: readonly ExecPlan[],
    more?: Partial<PipelineStart>,
  ) => Promise<readonly JudgedStage[]>;
  /** Runs a pipeline that must fail. Returns the failure. */
  readonly failureOf: (
    execs: readonly ExecPlan[],
    more?: Partial<PipelineStart>,
  ) => Promise<Failure>;
  /** What the last run wrote. */
  readonly written: () => string;
  readonly close: () => void;
}

export function openBench(): Bench {
  const directory = mkdtempSync(join(tmpdir(), 'palhm-test-'));
  const out = join(directory, 'out');
  const lines: string[] = [];
  // Used by no other test: when a sink is tidied, every process of a dead run is ended.
  const runId = randomUUID();
  const run: Bench['run'] = async (execs, more = {}) => {
    lines.length = 0;
    const fd = openSync(out, 'w');
    const ofRun = factsOf({ task: 'backup', host: 'here', prefix: '2026' });
    const facts = layerFacts(ofRun, { object: 'a/b' });
    try {
      return await runPipeline({
        execs,
        context: {
          facts,
          inherited: process.env,
          runId,
          redactor: createRedactor(),
          blockedSignals: [],
        },
        stdout: fd,
        onStarted: () => {},
        onLine: (_, line) => void lines.push(line),
        signal: new AbortController().signal,
        graceMs: 500,
        ...more,
      });
    } finally {
      closeSync(fd);
    }
  };
  return {
    runId,
    directory,
    lines,
    run,
    async failureOf(execs, more) {
      const error: unknown = await run(execs, more).then(
        () => assert.fail('the pipeline should have failed'),
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof Failure, String(error));
      return error;
    },
    written: () => readFileSync(out, 'utf8'),
    close: () => rmSync(directory, { recursive: true }),
  };
}
