/** How fast a copy is verified, against `sha256sum` of the same file. Both read it from the page cache. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { measure, pair } from './process.js';
import { reportThroughput } from './report.js';
import { backupConfig, makeDump, type Workplace } from './workplace.js';

const GIBIBYTES = 2;

export async function benchVerify({ directory, palhm, clear }: Workplace): Promise<void> {
  const data = join(directory, 'data');
  const root = join(directory, 'root');
  makeDump(data, GIBIBYTES);
  clear();
  const config = backupConfig(root, [{ path: 'object', argvs: [['cat', data]] }]);
  await measure(palhm(config, 'run', 'backup'));
  const prefix = readdirSync(root).find((name) => !name.startsWith('.')) ?? '';
  const ours = async () => await measure(palhm(config, 'verify', 'backup'));
  const theirs = async () => await measure(['sha256sum', join(root, prefix, 'object')]);
  await theirs();
  const paired = await pair(5, ours, theirs);
  const race = { gibibytes: GIBIBYTES, rival: 'sha256sum' };
  reportThroughput({ ...race, name: 'verify of one object, in the page cache' }, paired);
  clear();
}
