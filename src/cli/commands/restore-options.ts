/** The options of `palhm restore`, and the combinations that are mistakes. */
import type { Command } from 'commander';
import { Failure } from '../../failure/failure.js';
import {
  type ImagePlace,
  parseImagePlace,
  type RecoveryChoice,
  type RestoreWay,
} from '../../run/operations.js';
import { ONLY_TASK } from '../arguments.js';

export interface RestoreOptions {
  readonly copy?: string;
  readonly from?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly publicKey?: string;
  readonly object?: readonly string[];
  readonly to?: string;
  readonly onto?: string;
  /** True without a name. */
  readonly domain?: string | true;
  readonly disk?: readonly string[];
  readonly connect?: string;
  readonly stdout?: boolean;
  readonly apply?: boolean;
  readonly print?: boolean;
  readonly extract?: boolean;
  readonly raw?: boolean;
  readonly force?: boolean;
  readonly yes?: boolean;
  readonly chroot?: string;
  /** False with --no-hooks. */
  readonly hooks?: boolean;
}

export function defineOptions(command: Command): Command {
  return command
    .argument('[task]', ONLY_TASK)
    .option('--copy <prefix>', 'which copy: its prefix, or "latest" (default: "latest")')
    .option('--from <copy>', 'a copy by its path or s3://BUCKET/ROOT/PREFIX; needs no config')
    .option('--endpoint <url>', 'with --from s3://…: the store, when it is not AWS')
    .option('--region <region>', 'with --from s3://…: its region')
    .option('--profile <profile>', 'with --from s3://…: whose credentials')
    .option('--public-key <file>', 'with --from: whose signature the manifest must have')
    .option('--object <path...>', 'only these objects, or those below these directories')
    .option('--to <directory>', 'as files in this directory, decoded; all or none')
    .option('--extract', 'with --to: unpack what decodes to NAME.tar into NAME/')
    .option(
      '--onto <disk>',
      'one object onto a block device, lvm:VG/NAME (a new volume), or a file',
    )
    .option('--domain [name]', 'as a virtual machine of libvirt: its XML and its disks')
    .option('--disk <target=disk...>', 'with --domain: where a disk goes, as with --onto')
    .option('--connect <uri>', 'with --domain: which libvirt')
    .option('--stdout', 'one object, decoded, to stdout')
    .option('--apply', 'back to where they came from, through the whole inverse pipeline')
    .option('--print', 'print the shell lines that do it without palhm; run nothing')
    .option('--raw', 'with --to, --onto, --stdout or --print: the stored bytes, not decoded')
    .option(
      '--force',
      'with --to, --onto and --domain: replace what is there; with --stdout: also to a terminal, or to nothing',
    )
    .option('--chroot <directory>', 'the system that comes back: run "end-recovery" in it')
    .option('--no-hooks', 'run none of the programs that the config has for a recovery')
    .option(
      '--yes',
      'answer yes: run --apply, overwrite with --onto, --domain, run commands that no config knows',
    );
}

/** The way that the command line chooses. Where stdout leads is not known here. */
export type ChosenWay =
  | Exclude<RestoreWay, { readonly type: 'stdout' }>
  | { readonly type: 'stdout'; readonly raw: boolean }
  | { readonly type: 'print' };

/** Failure USAGE for a combination of options that is a mistake. */
export function chooseWay(task: string | undefined, options: RestoreOptions): ChosenWay {
  for (const [isWrong, message, hint] of findMistakes(task, options)) {
    if (isWrong) throw new Failure({ code: 'USAGE', message, hint });
  }
  const { to, onto, raw = false, extract = false, force = false } = options;
  if (options.print === true) return { type: 'print' };
  if (to !== undefined) return { type: 'directory', directory: to, extract, raw, force };
  if (onto !== undefined) return { type: 'onto', place: parseImagePlace(onto), raw, force };
  if (options.domain !== undefined) return chooseDomain(options.domain, options);
  return options.stdout === true ? { type: 'stdout', raw } : { type: 'apply' };
}

function chooseDomain(domain: string | true, options: RestoreOptions): ChosenWay {
  const { disk = [], connect: uri, force = false } = options;
  const disks = new Map(disk.map(parseDisk));
  const name = domain === true ? undefined : domain;
  return { type: 'domain', name, disks, uri, raw: false, force };
}

function parseDisk(text: string): readonly [target: string, place: ImagePlace] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), parseImagePlace(text.slice(at + 1))];
  const message = `--disk takes TARGET=DISK, such as vda=/dev/vg0/web, not "${text}"`;
  throw new Failure({ code: 'USAGE', message, hint: 'its targets are in the XML of the domain' });
}

/** Programs of a recovery run where something is brought back, not where a person takes a look at files. */
export function chooseRecovery(way: ChosenWay, options: RestoreOptions): RecoveryChoice {
  const { chroot: root, apply = false, hooks = true } = options;
  const isBack = ['apply', 'onto', 'domain'].includes(way.type) || apply || root !== undefined;
  return hooks && isBack ? { type: 'hooks', root } : { type: 'none' };
}

type Mistake = readonly [isWrong: boolean, message: string, hint: string];

function findMistakes(task: string | undefined, options: RestoreOptions): readonly Mistake[] {
  const { from, copy, to, onto, domain, stdout, apply, print } = options;
  const { extract, raw, force } = options;
  // --print --apply prints the lines for what --apply would do.
  const ways = [to, onto, domain, stdout, print, print === true ? undefined : apply].filter(
    isGiven,
  );
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
      isGiven(force) && !isGiven(to) && !isGiven(onto) && !isGiven(domain) && !isGiven(stdout),
      '--force goes with --to, --onto, --domain and --stdout',
      'leave it away',
    ],
    ...findMistakesOfRecovery(options),
  ];
}

function findMistakesOfRecovery(options: RestoreOptions): readonly Mistake[] {
  const { to, domain, apply, disk, connect, raw, chroot, hooks } = options;
  return [
    [
      (isGiven(disk) || isGiven(connect)) && !isGiven(domain),
      '--disk and --connect go with --domain',
      'leave them away',
    ],
    [
      isGiven(raw) && isGiven(domain),
      '--raw leaves the bytes as they are stored, and no machine starts with them',
      'leave it away',
    ],
    [
      isGiven(chroot) && !isGiven(to) && !isGiven(apply),
      '--chroot goes with --to and --apply',
      'leave it away',
    ],
    [
      isGiven(chroot) && hooks === false,
      '--chroot is for "end-recovery", which --no-hooks leaves out',
      'give one of them',
    ],
    [chroot === '', '--chroot names no directory', 'name the one that holds the system'],
  ];
}

function isGiven(option: unknown): boolean {
  return option !== undefined && option !== false;
}

const WAYS = 'give one of --to DIR, --onto DISK, --domain, --stdout, --apply, --print';
