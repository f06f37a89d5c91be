/** How fast an object is restored, against the shell line that does the same. Both read it from the page cache. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { measure, pair } from './process.js';
import { reportThroughput } from './report.js';
import { backupConfig, makeDump, type Workplace } from './workplace.js';

const GIBIBYTES = 2;
const DECODE = ['zstd', '-qdc'] as const;

export async function benchRestore({ directory, palhm, clear }: Workplace): Promise<void> {
  const data = join(directory, 'data');
  const root = join(directory, 'root');
  makeDump(data, GIBIBYTES);
  clear();
  const argvs = [
    ['cat', data],
    ['zstd', '-qc', '-T0'],
  ];
  const config = backupConfig(root, [{ path: 'object.zst', argvs, inverse: [...DECODE] }]);
  await measure(palhm(config, 'run', 'backup'));
  const prefix = readdirSync(root).find((name) => !name.startsWith('.')) ?? '';
  const stored = join(root, prefix, 'object.zst');
  const target = join(directory, 'target');
  const out = join(directory, 'out');

  const ours = async () => {
    rmSync(target, { recursive: true, force: true });
    return await measure(palhm(config, 'restore', 'backup', '--to', target));
  };
  const line = `rm -f "$2"; ${DECODE.join(' ')} "$1" | cat > "$2"`;
  const shell = (command: string) => async () =>
    await measure(['sh', '-c', command, 'sh', stored, out]);
  await ours();
  const race = { gibibytes: GIBIBYTES, rival: 'shell' };
  // palhm makes what it restores durable, and compares its hash.
  for (const [name, rival] of Object.entries({
    'restore, shell without sync': line,
    'restore, shell with sync': `${line} && sync "$2"`,
  })) {
    reportThroughput({ ...race, name }, await pair(5, ours, shell(rival)));
  }
  const print = async () =>
    await measure(palhm(config, 'restore', 'backup', '--stdout', '--object', 'object.zst'));
  const toNull = async () =>
    await measure(['sh', '-c', `${DECODE.join(' ')} "$1" >/dev/null`, 'sh', stored]);
  reportThroughput({ ...race, name: 'restore --stdout' }, await pair(5, print, toNull));
  rmSync(target, { recursive: true, force: true });
  rmSync(out, { force: true });
  clear();
}
