/** Where the measurements happen: a directory with data in it, and configs for palhm. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { S3Server } from '../test/rig/s3/server.js';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

export interface Workplace {
  readonly directory: string;
  /** The command line that runs palhm with this config. */
  readonly palhm: (config: unknown, ...args: string[]) => string[];
  /** The same of another checkout, which is built. */
  readonly palhmOf: (checkout: string, config: unknown, ...args: string[]) => string[];
  /** Removes the copies made so far, so that the disk does not fill. */
  readonly clear: () => void;
  readonly close: () => void;
}

/** PALHM_BENCH_DIR says where; the file system of the temporary directory otherwise. */
export function openWorkplace(): Workplace {
  const directory = mkdtempSync(join(process.env['PALHM_BENCH_DIR'] ?? tmpdir(), 'palhm-bench-'));
  let configs = 0;
  const clear = (): void => {
    rmSync(join(directory, 'root'), { recursive: true, force: true });
    mkdirSync(join(directory, 'root'));
  };
  const palhmOf: Workplace['palhmOf'] = (checkout, config, ...args) => {
    configs += 1;
    const file = join(directory, `config-${configs}.json`);
    writeFileSync(file, JSON.stringify(config));
    return [process.execPath, join(checkout, 'bin/palhm.js'), '-q', '-f', file, ...args];
  };
  clear();
  return {
    directory,
    clear,
    palhm: (config, ...args) => palhmOf(REPOSITORY, config, ...args),
    palhmOf,
    close: () => rmSync(directory, { recursive: true }),
  };
}

/** The text of a sample config, by its name. */
export function samplePath(name: string): string {
  return join(REPOSITORY, 'samples', name);
}

export const PALHM = join(REPOSITORY, 'bin/palhm.js');

/** A file of about `gibibytes`, as compressible as a dump: lines of random numbers. Its real size is returned. */
export function makeDump(path: string, gibibytes: number): void {
  const script =
    'seq 1 9223372036854775807 | awk \'{ printf "INSERT INTO t VALUES (%d,%d,%d);\\n", $1, rand() * 1e9, rand() * 1e9 }\' | head -c "$1"';
  const megabyte = 2 ** 20;
  const block = spawnSync('sh', [
    '-c',
    `${script} > "$2"`,
    'sh',
    String(64 * megabyte),
    `${path}.block`,
  ]);
  if (block.status !== 0) throw new Error(String(block.stderr));
  const copies = Array.from({ length: gibibytes * 16 }, () => `${path}.block`);
  const whole = spawnSync('sh', ['-c', 'out=$1; shift; cat "$@" > "$out"', 'sh', path, ...copies]);
  if (whole.status !== 0) throw new Error(String(whole.stderr));
}

export type Objects = readonly {
  path: string;
  argvs: readonly (readonly string[])[];
  /** Of the last stage. */
  inverse?: readonly string[];
}[];

/** A config with one backup task into the workplace's root. */
export function backupConfig(root: string, objects: Objects, workers = 0): unknown {
  return configOf({ backend: 'localfs', 'backend-param': { root } }, objects, workers);
}

/** The same into a bucket. */
export function s3Config(
  { server, bucket }: { readonly server: S3Server; readonly bucket: string },
  objects: Objects,
  workers: number,
): unknown {
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const credentials = { 'access-key-id': accessKeyId, 'secret-access-key': secretAccessKey };
  const param = { root: 'backup/host', bucket, endpoint, credentials };
  return configOf({ backend: 'aws-s3', 'backend-param': param }, objects, workers);
}

function configOf(sink: object, objects: Objects, workers: number): unknown {
  return {
    'nb-workers': workers,
    tasks: [
      {
        id: 'backup',
        type: 'backup',
        ...sink,
        objects: objects.map(({ path, argvs, inverse }) => ({
          path,
          pipeline: argvs.map((argv, index) => ({
            type: 'exec-inline',
            argv,
            ...(inverse !== undefined && index === argvs.length - 1
              ? { inverse: { argv: inverse } }
              : {}),
          })),
        })),
      },
    ],
  };
}
