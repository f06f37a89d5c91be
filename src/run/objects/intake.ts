import type { ExpectedTextPlan } from '../../config/plan/plan.js';
import { type Consumer, type Intake, openIntake } from '../../host/intake.js';
import type { Threads } from '../../host/threads/threads.js';
import type { Bracket } from '../operation/bracket.js';

export interface IntakeRequest {
  /** The path of the object. */
  readonly path: string;
  readonly threads: Threads;
  readonly consumer: Consumer;
  /** What to look for in what the last stage writes. */
  readonly texts?: readonly ExpectedTextPlan[];
}

/** The end of the pipeline of one object. */
export function intakeBracket({ path, threads, consumer, texts }: IntakeRequest): Bracket<Intake> {
  return {
    name: `the intake of object "${path}"`,
    open: (signal) => openIntake(threads, consumer, { texts, signal }),
    close: (intake) => intake.close(),
  };
}
