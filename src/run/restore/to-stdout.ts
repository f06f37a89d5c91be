/** `--stdout`: the last stage of one object writes to a descriptor of the caller. */
import { listInverses } from '../../copy/restore-line.js';
import { Failure } from '../../failure/failure.js';
import type { PlannedObject } from './planned-object.js';
import type { ToStdout } from './request.js';
import type { Bring } from './run-objects.js';

/** Failure USAGE when there is not exactly one object, or when it is not text and stdout is a terminal. */
export function checkStdout(planned: readonly PlannedObject[], way: ToStdout): void {
  const [one, ...others] = planned;
  if (one === undefined || others.length > 0) throw notOne(planned.length);
  if (way.textOnly && isEncoded(one, way)) throw notForTerminals(one);
}

/** Whether what comes out is still compressed or encrypted, or a tar file: it is not text. */
function isEncoded({ object, goal }: PlannedObject, { raw }: ToStdout): boolean {
  const stages = object.recipe?.stages ?? [];
  const undone = raw ? 0 : listInverses(stages).length;
  return undone < stages.length - 1 || goal.path.endsWith('.tar');
}

export function bringToStdout(fd: number): Bring {
  return async (_, bringTo) => {
    try {
      await bringTo({ stdout: fd });
    } catch (error) {
      throw error instanceof Failure
        ? error.withDetails(['What was printed is not the object: it must not be used.'])
        : error;
    }
  };
}

function notOne(count: number): Failure {
  return new Failure({
    code: 'USAGE',
    message: `--stdout takes one object, and these are ${count}`,
    hint: 'name the one that is wanted with --object',
  });
}

function notForTerminals({ object }: PlannedObject): Failure {
  return new Failure({
    code: 'USAGE',
    message: `object "${object.path}" is not text, and stdout is a terminal`,
    hint: 'send it to a file or a program, or force it with --force',
  });
}
