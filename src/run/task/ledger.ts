/** Keeps what is known of a task while it runs, and makes its report at any time. */
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
  /** The ledger of a task that a step of this routine runs. */
  addChild(child: Ledger): void;
  end(failure: Failure | undefined): void;
  /** Of what is known now. */
  report(): RunReport;
}

/** `operation` is that of the task: its aftermath becomes part of the report. */
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
    setRotation(report) {
      rotation = report;
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

/** A person who reads of a failure at night first wants to know what it has done to the copy. */
function sayCopyIsSafe(failure: Failure, copy: CopyReport | undefined): Failure {
  if (copy === undefined || failure.code === 'COPY_NOT_LISTED') return failure;
  return failure.withDetails([`the new copy ${copy.prefix} is complete and safe`]);
}
