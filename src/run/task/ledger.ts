/** Keeps account of a run while it goes on: its report, at any time. */
import type {
  CopyReport,
  ObjectReport,
  RotationReport,
  RunReport,
} from '../../events/run-report.js';
import type { Failure } from '../../failure/failure.js';
import type { Operation } from '../operation/operation.js';

export interface Ledger {
  /** Replaces what is known of this object. */
  setObject(object: ObjectReport): void;
  setCopy(copy: CopyReport): void;
  setRotation(rotation: RotationReport): void;
  /** Of a task that a step of this routine runs. */
  addChild(child: Ledger): void;
  end(failure: Failure | undefined): void;
  /** A snapshot. */
  report(): RunReport;
}

/** `operation` is that of the task. */
export function openLedger(
  operation: Operation,
  { task, kind }: Pick<RunReport, 'task' | 'kind'>,
): Ledger {
  const { id, host, aftermath } = operation;
  const started = host.clock();
  const objects = new Map<string, ObjectReport>();
  const children: Ledger[] = [];
  let copy: CopyReport | undefined;
  let rotation: RotationReport | undefined;
  let ended: { readonly at: number; readonly failure: Failure | undefined } | undefined;
  return {
    setObject: (object) => void objects.set(object.path, object),
    setCopy(committed) {
      copy = committed;
    },
    setRotation(done) {
      rotation = done;
    },
    addChild: (child) => void children.push(child),
    end(failure) {
      ended = { at: host.clock(), failure };
    },
    report: () => ({
      id,
      task,
      kind,
      host: host.name,
      started,
      finished: ended?.at ?? host.clock(),
      copy,
      objects: [...objects.values()],
      failure: ended?.failure,
      afterwards: aftermath.failures.map((failure) => sayCopyIsSafe(failure, copy)),
      rotation,
      children: children.map((child) => child.report()),
    }),
  };
}

/** Whoever reads of a failure at night wants to know first what it has done to the copy. */
function sayCopyIsSafe(failure: Failure, copy: CopyReport | undefined): Failure {
  if (copy === undefined) return failure;
  return failure.withDetails([`the new copy ${copy.prefix} is complete and safe`]);
}
