/** palhm against `aws s3 cp` and `rclone` on one Ceph gateway: what a stream costs on its way to a bucket and back. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DeleteObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { makeBucket, type S3Server } from '../test/rig/s3/server.js';
import { whyNoLab } from '../test/system/lab.js';
import { environmentOf, fromPipe, intoPipe, makePeers, startStore } from './peers.js';
import { type Cost, measure, median } from './process.js';
import { type Objects, s3Config, type Workplace } from './workplace.js';

const GIBIBYTE = 2 ** 30;
const ROUNDS = 5;
const OBJECTS = 4;
const FETCH = fileURLToPath(new URL('./fetch-object.js', import.meta.url));

interface Site {
  readonly place: Workplace;
  readonly server: S3Server;
  readonly bucket: string;
  readonly data: string;
  readonly env: NodeJS.ProcessEnv;
}

/** `isWanted` is asked about `s3-upload`, `s3-download` and `s3-several`. */
export async function benchS3(
  place: Workplace,
  isWanted: (part: string) => boolean,
): Promise<void> {
  const skip = whyNoLab('rgw-start.sh');
  if (skip !== false) {
    console.log(`s3: not measured, ${skip}`);
    return;
  }
  const server = await startStore();
  const data = join(place.directory, 'random');
  try {
    execFileSync('sh', ['-c', 'head -c "$1" /dev/urandom > "$2"', 'sh', String(GIBIBYTE), data]);
    const bucket = await makeBucket(server);
    const site = { place, server, bucket, data, env: environmentOf(server) };
    if (isWanted('s3-upload')) await benchUpload(site);
    if (isWanted('s3-download')) await benchDownload(site);
    if (isWanted('s3-several')) await benchSeveral(site);
  } finally {
    rmSync(data, { force: true });
    await server.stop();
  }
}

type Contest = ReadonlyMap<string, readonly Cost[]>;

/** In turn, each round beginning with another one, since the machine's speed drifts. */
async function compete(
  runners: ReadonlyMap<string, () => Promise<Cost>>,
  after: () => Promise<void>,
): Promise<Contest> {
  const costs = new Map([...runners.keys()].map((name) => [name, [] as Cost[]]));
  const names = [...runners.keys()];
  for (let round = 0; round < ROUNDS; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length] ?? '';
      const cost = await runners.get(name)?.();
      if (cost !== undefined) costs.get(name)?.push(cost);
      await after();
    }
  }
  return costs;
}

async function benchUpload(site: Site): Promise<void> {
  const { data, env } = site;
  const peers = makePeers(site.server, site.bucket).map(
    ({ name, put }) => [name, () => measure(fromPipe(data, put('peer')), env)] as const,
  );
  const objects = [{ path: 'object', argvs: [['cat', data]] }];
  const ours = ['palhm', () => measure(backup(site, objects), env)] as const;
  const contest = await compete(new Map([ours, ...peers]), () => clearBucket(site));
  report('upload of 1 GiB from a pipe', contest, 1.1);
}

async function benchDownload(site: Site): Promise<void> {
  const { data, env, server, bucket } = site;
  await measure(backup(site, [{ path: 'object', argvs: [['cat', data]] }]), env);
  const key = (await keysOf(site)).find((one) => one.endsWith('/object')) ?? '';
  const prefix = key.split('/').at(-2) ?? '';
  const peers = makePeers(server, bucket).map(
    ({ name, get }) => [name, () => measure(intoPipe(get(key)), env)] as const,
  );
  const argv = [process.execPath, FETCH, server.endpoint, bucket, prefix, 'object'];
  const ours = ['palhm', () => measure(argv, env)] as const;
  const contest = await compete(new Map([ours, ...peers]), async () => undefined);
  report('download of 1 GiB into a pipe', contest, 1);
  await clearBucket(site);
}

/** The same bytes as several objects: at once, and one after the other. */
async function benchSeveral(site: Site): Promise<void> {
  const { data, env } = site;
  const size = GIBIBYTE / OBJECTS;
  const objects = Array.from({ length: OBJECTS }, (_, index) => ({
    path: `object-${index}`,
    argvs: [
      [
        'sh',
        '-c',
        'tail -c +"$1" "$2" | head -c "$3"',
        'sh',
        `${index * size + 1}`,
        data,
        `${size}`,
      ],
    ],
  }));
  const run = (workers: number) => () => measure(backup(site, objects, workers), env);
  const contest = await compete(
    new Map([
      ['at once', run(OBJECTS)],
      ['one after the other', run(1)],
    ]),
    () => clearBucket(site),
  );
  const [atOnce = [], inTurn = []] = [...contest.values()];
  for (const [name, costs] of contest) console.log(`${OBJECTS} objects, ${describe(name, costs)}`);
  const ratios = atOnce.map((cost, round) => (inTurn[round]?.ms ?? 0) / cost.ms);
  const more = (peakOf(atOnce) - peakOf(inTurn)) / (OBJECTS - 1);
  console.log(`  at once / one after the other: ${wordRatios(ratios, 1)}`);
  console.log(`  each further object at once: ${(more / 1e6).toFixed(0)} MB more`);
}

function backup(site: Site, objects: Objects, workers = 0): readonly string[] {
  const { server, bucket } = site;
  return site.place.palhm(s3Config({ server, bucket }, objects, workers), 'run', 'backup');
}

function report(what: string, contest: Contest, goal: number): void {
  console.log(what);
  for (const [name, costs] of contest) console.log(`  ${describe(name, costs)}`);
  const [ours = [], ...theirs] = [...contest.values()];
  const ratios = ours.map(
    (cost, round) => Math.min(...theirs.map((costs) => costs[round]?.ms ?? Infinity)) / cost.ms,
  );
  console.log(`  throughput, palhm / the faster of the others: ${wordRatios(ratios, goal)}`);
  const leanest = Math.min(...theirs.map((costs) => cpuOf(costs)));
  console.log(`  CPU, palhm / the leaner of the others: ${(cpuOf(ours) / leanest).toFixed(2)}`);
}

function wordRatios(ratios: readonly number[], goal: number): string {
  const middle = median(ratios);
  const each = ratios.map((ratio) => ratio.toFixed(2)).join(' ');
  return `median ${middle.toFixed(2)} (${each}), goal ${goal}: ${middle >= goal ? 'met' : 'missed'}`;
}

function describe(name: string, costs: readonly Cost[]): string {
  const speed = GIBIBYTE / 1e6 / (median(costs.map(({ ms }) => ms)) / 1000);
  return (
    `${name}: ${speed.toFixed(0)} MB/s, ${cpuOf(costs).toFixed(2)} CPU s, ` +
    `peak RSS ${(peakOf(costs) / 1e6).toFixed(0)} MB`
  );
}

function cpuOf(costs: readonly Cost[]): number {
  return median(costs.map(({ cpuSeconds }) => cpuSeconds));
}

function peakOf(costs: readonly Cost[]): number {
  return Math.max(...costs.map(({ peakRss }) => peakRss));
}

async function keysOf({ server, bucket }: Site): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client: server.client }, { Bucket: bucket }))
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''));
  return keys;
}

async function clearBucket(site: Site): Promise<void> {
  for (const Key of await keysOf(site))
    await site.server.client.send(new DeleteObjectCommand({ Bucket: site.bucket, Key }));
}
