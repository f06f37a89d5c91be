/** What a program loses because it writes into a pipe, and not into a file in which it could go back. */
import type { ExecPlan } from '../../config/plan/plan.js';
import { stageName } from '../../exec/command.js';

interface PipeNote {
  readonly program: string;
  /** Whether it applies to these arguments, which are joined by blanks. */
  readonly when: RegExp;
  readonly text: string;
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
  },
  {
    program: 'mksquashfs',
    when: /\/dev\/stdout|\/proc\/self\/fd\/1/,
    text: 'needs a file in which it can go back, and what palhm gives it is a pipe: let it write a file, and store that with cat',
  },
  {
    program: 'dd',
    when: /(?:^| )conv=(?:[a-z]+,)*sparse/,
    text: 'cannot leave holes in a pipe: they are stored as zeros, which a compressor behind it makes small',
  },
];

/** What is known of the last stage of a pipeline; undefined for most. */
export function notePipe(pipeline: readonly ExecPlan[]): string | undefined {
  const last = pipeline.at(-1);
  if (last === undefined) return undefined;
  const [, ...args] = last.argv.map((value) => (value.type === 'literal' ? value.text : '?'));
  const name = stageName(last);
  const note = NOTES.find(({ program, when }) => program === name && when.test(args.join(' ')));
  return note === undefined ? undefined : `${name} ${note.text}`;
}
