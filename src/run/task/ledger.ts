/** Keeps what is known of a task while it runs, and makes its report at any time. */
import type {
  CopyReport,
  FreezeReport,
  ObjectReport,
  RotationReport,
  RunReport,
} from '../../events/run-report.js';
import { Failure } from '../../failure/failure.js';
import type { Operation } from '../operation/operation.js';

export interface Ledger {
  /** Replaces what is known of this object. */
  setObject(object: ObjectReport): void;
  /** The failure with the name of the object that has it, where that is not said yet. */
  nameObject(error: unknown): unknown;
  /** Bytes of the finished objects of a group. */
  sizeOf(group: string): number;
  setCopy(copy: CopyReport): void;
  addFreeze(freeze: FreezeReport): void;
  setRotation(rotation: RotationReport): void;
  /** The ledger of a task that a step of this routine runs. */
  addChild(child: Ledger): void;
  /** `skipped`: why it did nothing. */
  end(how: TaskEnd): void;
  /** Of what is known now. */
  report(): RunReport;
}

interface TaskEnd {
  readonly failure: Failure | undefined;
  readonly skipped?: string | undefined;
}

/** `operation` is that of the task: its aftermath becomes part of the report. */
export function openLedger(
  operation: Operation,
  { task, kind }: Pick<RunReport, 'task' | 'kind'>,
): Ledger {
  const { id, host, aftermath } = operation;
  const started = host.clock();
  const objects = new Map<string, ObjectReport>();
  const freezes: FreezeReport[] = [];
  const children: Ledger[] = [];
  let copy: CopyReport | undefined;
  let rotation: RotationReport | undefined;
  let ended: (TaskEnd & { readonly at: number }) | undefined;
  return {
    setObject: (object) => void objects.set(object.path, object),
    nameObject: (error) => nameFailed(error, [...objects.values()]),
    sizeOf: (group) =>
      [...objects.values()].reduce((sum, one) => sum + (one.group === group ? one.size : 0), 0),
    setCopy(committed) {
      copy = committed;
    },
    addFreeze: (freeze) => void freezes.push(freeze),
    setRotation(report) {
      rotation = report;
    },
    addChild: (child) => void children.push(child),
    end(how) {
      ended = { at: host.clock(), ...how };
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
      skipped: ended?.skipped,
      afterwards: aftermath.failures.map((failure) => sayCopyIsSafe(failure, copy)),
      freezes: [...freezes],
      rotation,
      children: children.map((child) => child.report()),
    }),
  };
}

function nameFailed(error: unknown, objects: readonly ObjectReport[]): unknown {
  const failed = objects.find(({ state }) => state === 'failed');
  if (failed === undefined || !(error instanceof Failure) || error.code === 'HOOK_FAILED')
    return error;
  return error.as({ message: `object "${failed.path}": ${error.message}` });
}

/** A person who reads of a failure at night first wants to know what it has done to the copy. */
function sayCopyIsSafe(failure: Failure, copy: CopyReport | undefined): Failure {
  if (copy === undefined || failure.code === 'COPY_NOT_LISTED') return failure;
  return failure.withDetails([`the new copy ${copy.prefix} is complete and safe`]);
}
