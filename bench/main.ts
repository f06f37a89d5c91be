/**
 * npm run bench: how fast palhm is against the shell lines it replaces. Everything is measured in pairs, in turn, and told
 * as a ratio, since machines are noisy. doc/bench.md has the figures with their date and machine.
 * usage: npm run bench [-- PART…]      parts: throughput objects check memory verify restore s3 (all unless named)
 * With PALHM_BENCH_BEFORE, which names another checkout that is built, there is also `before`: this one against that one.
 * Of s3 there are s3-upload, s3-download and s3-several; they bring up a server of the lab, and need root.
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { benchBefore } from './before.js';
import { measure, median, pair } from './process.js';
import { reportThroughput } from './report.js';
import { benchRestore } from './restore.js';
import { benchS3 } from './s3.js';
import { benchVerify } from './verify.js';
import {
  backupConfig,
  makeDump,
  openWorkplace,
  PALHM,
  samplePath,
  type Workplace,
} from './workplace.js';

const GIBIBYTE = 2 ** 30;
const DATA_GIB = 2;
const OBJECTS = 500;
const parts = process.argv.slice(2);
const isWanted = (part: string): boolean =>
  parts.length === 0 || parts.some((named) => part === named || part.startsWith(`${named}-`));

const place = openWorkplace();
try {
  console.log(
    `node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${new Date().toISOString()}`,
  );
  if (isWanted('throughput')) await benchThroughput(place);
  if (isWanted('objects')) await benchObjects(place);
  if (isWanted('check')) await benchCheck();
  if (isWanted('memory')) await benchMemory(place);
  if (isWanted('verify')) await benchVerify(place);
  if (isWanted('restore')) await benchRestore(place);
  const before = process.env['PALHM_BENCH_BEFORE'];
  if (before !== undefined && isWanted('before')) await benchBefore(place, before);
  if (['s3-upload', 's3-download', 's3-several'].some(isWanted)) await benchS3(place, isWanted);
} finally {
  place.close();
}

/** `a | b > file` with the sync, and with the hash, that palhm also does. */
async function benchThroughput({ directory, palhm, clear }: Workplace): Promise<void> {
  const data = join(directory, 'data');
  const root = join(directory, 'root');
  makeDump(data, DATA_GIB);
  const filters = {
    'cat | zstd': ['zstd', '-q', '-c'],
    'cat | cat': ['cat'],
  };
  for (const [name, filter] of Object.entries(filters)) {
    const out = join(directory, 'out');
    const ours = async () => {
      clear();
      return await measure(
        palhm(
          backupConfig(root, [{ path: 'object', argvs: [['cat', data], filter] }]),
          'run',
          'backup',
        ),
      );
    };
    const line = `rm -f "$2"; cat "$1" | ${filter.join(' ')} > "$2" && sync "$2"`;
    const shell = async () => await measure(['sh', '-c', line, 'sh', data, out]);
    const shellWithHash = async () =>
      await measure(['sh', '-c', `${line} && sha256sum "$2"`, 'sh', data, out]);
    await ours();
    const race = { gibibytes: DATA_GIB, rival: 'shell' };
    reportThroughput({ ...race, name: `${name}, shell without hash` }, await pair(5, ours, shell));
    const hashed = { ...race, name: `${name}, shell with sha256sum` };
    reportThroughput(hashed, await pair(5, ours, shellWithHash));
  }
  clear();
}

/** What palhm adds to each of many short programs, over `xargs -P` that starts the same ones. */
async function benchObjects({ directory, palhm, clear }: Workplace): Promise<void> {
  const root = join(directory, 'root');
  const workers = cpus().length;
  const objects = Array.from({ length: OBJECTS }, (_, index) => ({
    path: `object-${index}`,
    argvs: [['echo', String(index)]],
  }));
  const config = backupConfig(root, objects, workers);
  const ours = async () => {
    clear();
    return await measure(palhm(config, 'run', 'backup'));
  };
  const line = `mkdir -p "$1/x" && seq ${OBJECTS} | xargs -P ${workers} -I{} sh -c 'echo {} > "$0/x/object-{}" && sync "$0/x/object-{}"' "$1"`;
  const xargs = async () => {
    clear();
    return await measure(['sh', '-c', line, 'sh', root]);
  };
  const { ours: our, theirs } = await pair(5, ours, xargs);
  console.log(
    `${OBJECTS} objects of one short exec: palhm ${our.toFixed(0)} ms, xargs -P ${workers} ${theirs.toFixed(0)} ms; ` +
      `palhm adds ${((our - theirs) / OBJECTS).toFixed(2)} ms per object (${(our / OBJECTS).toFixed(2)} ms in all)`,
  );
  clear();
}

async function benchCheck(): Promise<void> {
  const check = async () =>
    await measure([
      process.execPath,
      PALHM,
      '-q',
      '-f',
      samplePath('database-host.jsonc'),
      'config',
      'check',
    ]);
  const nothing = async () => await measure([process.execPath, '-e', '0']);
  await check();
  const { ours, theirs, ratios } = await pair(15, check, nothing);
  console.log(
    `config check of the database sample: ${ours.toFixed(0)} ms, node -e 0: ${theirs.toFixed(0)} ms; ratio median ${median(ratios).toFixed(2)}`,
  );
}

async function benchMemory({ directory, palhm, clear }: Workplace): Promise<void> {
  for (const gibibytes of [2, 20]) {
    const argvs = [['head', '-c', String(gibibytes * GIBIBYTE), '/dev/zero'], ['cat']];
    clear();
    const { peakRss, ms } = await measure(
      palhm(backupConfig(join(directory, 'root'), [{ path: 'zeros', argvs }]), 'run', 'backup'),
    );
    console.log(
      `${gibibytes} GiB through one object: peak RSS of palhm ${(peakRss / 1e6).toFixed(0)} MB, ${(ms / 1000).toFixed(1)} s`,
    );
  }
  clear();
}
