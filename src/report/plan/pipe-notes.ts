/** What a program loses because it writes into a pipe, and not into a file in which it could go back. */
import type { ExecPlan } from '../../config/plan/plan.js';
import { stageName } from '../../exec/command.js';

interface PipeNote {
  readonly program: string;
  /** Whether it applies to these arguments, which are joined by blanks. */
  readonly when: RegExp;
  readonly text: string;
  /** Whether it is so of any stage; of the last one alone otherwise. */
  readonly anywhere?: true;
}

const NOTES: readonly PipeNote[] = [
  {
    program: 'pg_dump',
    when: /(?:^| )(?:-[A-Za-z]*F ?c|--format[= ]c)/,
    text: 'cannot write the places of its tables into a pipe: pg_restore -j and restores of single tables have to read all of it',
  },
  {
    program: 'qemu-img',
    when: /(?:^| )(?:convert|create|dd)(?: |$)/,
    text: 'needs a file in which it can go back, and what palhm gives it is a pipe: let it write a file, and store that with cat',
    anywhere: true,
  },
  {
    program: 'mksquashfs',
    when: /\/dev\/stdout|\/proc\/self\/fd\/1/,
    text: 'needs a file in which it can go back, and what palhm gives it is a pipe: let it write a file, and store that with cat',
    anywhere: true,
  },
  {
    program: 'dd',
    when: /(?:^| )conv=(?:[a-z]+,)*sparse/,
    text: 'cannot leave holes in a pipe: they are stored as zeros, which a compressor behind it makes small',
  },
];

/** What is known of the stages of a pipeline; undefined for most. */
export function notePipe(pipeline: readonly ExecPlan[]): string | undefined {
  const notes = pipeline.flatMap(
    (exec, index) => noteOf(exec, index === pipeline.length - 1) ?? [],
  );
  return notes.at(0);
}

function noteOf(exec: ExecPlan, isLast: boolean): string | undefined {
  const [, ...args] = exec.argv.map((value) => (value.type === 'literal' ? value.text : '?'));
  const name = stageName(exec);
  const note = NOTES.find(
    ({ program, when, anywhere = isLast }) =>
      anywhere && program === name && when.test(args.join(' ')),
  );
  return note === undefined ? undefined : `${name} ${note.text}`;
}
