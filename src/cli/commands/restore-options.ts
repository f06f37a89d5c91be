/** What the command line of `palhm restore` asks for, and what of it does not go together. */
import { Failure } from '../../failure/failure.js';
import type { RestoreWay } from '../../run/restore/request.js';

export interface RestoreOptions {
  readonly copy?: string;
  readonly from?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly publicKey?: string;
  readonly object?: readonly string[];
  readonly to?: string;
  readonly stdout?: boolean;
  readonly apply?: boolean;
  readonly print?: boolean;
  readonly extract?: boolean;
  readonly raw?: boolean;
  readonly force?: boolean;
  readonly yes?: boolean;
}

export type ChosenWay = RestoreWay | { readonly type: 'print' };

/** Failure USAGE. */
export function chooseWay(task: string | undefined, options: RestoreOptions): ChosenWay {
  for (const [isWrong, message, hint] of findMistakes(task, options)) {
    if (isWrong) throw new Failure({ code: 'USAGE', message, hint });
  }
  const { to, raw = false, extract = false, force = false } = options;
  if (options.print === true) return { type: 'print' };
  if (to !== undefined) return { type: 'directory', directory: to, extract, raw, force };
  return options.stdout === true ? { type: 'stdout', raw, textOnly: false } : { type: 'apply' };
}

type Mistake = readonly [isWrong: boolean, message: string, hint: string];

function findMistakes(task: string | undefined, options: RestoreOptions): readonly Mistake[] {
  const { from, copy, to, stdout, apply, print, extract, raw, force } = options;
  const isGiven = (option: unknown): boolean => option !== undefined && option !== false;
  // --print --apply prints how --apply would go.
  const ways = [to, stdout, print, print === true ? undefined : apply].filter(isGiven);
  const { endpoint, region, profile, publicKey } = options;
  const access = [endpoint, region, profile, publicKey].some(isGiven);
  return [
    [isGiven(from) && task !== undefined, 'TASK and --from each name a copy', 'give one of them'],
    [isGiven(from) && isGiven(copy), '--from names one copy', 'leave --copy away'],
    [
      access && !isGiven(from),
      '--endpoint, --region, --profile and --public-key go with --from alone',
      "the task's own are in the config",
    ],
    [ways.length === 0, 'where to is not said', WAYS],
    [ways.length > 1, 'where to is said more than once', WAYS],
    [to === '', '--to names no directory', 'write --to . for this one'],
    [isGiven(extract) && !isGiven(to), '--extract goes with --to alone', 'add --to DIR'],
    [
      isGiven(extract) && isGiven(raw),
      '--raw leaves the bytes as they are stored, and --extract unpacks them',
      'give one of them',
    ],
    [
      isGiven(raw) && isGiven(apply),
      '--raw leaves the bytes as they are stored, and --apply brings them back',
      'give one of them',
    ],
    [
      isGiven(force) && !isGiven(to) && !isGiven(stdout),
      '--force goes with --to, and with --stdout on a terminal',
      'leave it away',
    ],
  ];
}

const WAYS = 'give one of --to DIR, --stdout, --apply, --print';
