/**
 * Power cuts, in a guest with its own kernel and disk: what was promised before the lights went off is there afterwards,
 * and what is listed is whole. Debian packages: kmod busybox-static cpio qemu-system-x86 qemu-utils qemu-system-common
 * qemu-guest-agent lz4 mmdebstrap e2fsprogs. The image takes half a minute to make; PALHM_LAB_GUEST=DIR keeps it there.
 */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createGuest, type Guest } from './guest.js';
import { INSTALLED, makeLabDirectory, mustRunScript, repositoryShares, whyNoLab } from './lab.js';
import type { Sight } from './look.js';

const ROOT = '/data/root';
const KEPT = 3;
const RUN = `${INSTALLED}/bin/palhm.js --log-format json run backup`;
const LOOK = `${INSTALLED}/bin/palhm.js list --json backup | node ${INSTALLED}/dist/test/system/look.js ${ROOT}`;

const stage = (script: string): object => ({
  type: 'exec-inline',
  argv: ['/bin/sh', '-c', script],
  'vl-stderr': 0,
});

/** Megabytes only: in an emulated guest a program takes a second to start. */
const CONFIG = {
  tasks: [
    {
      id: 'backup',
      type: 'backup',
      backend: 'localfs',
      'backend-param': { root: ROOT, 'nb-copy-limit': KEPT },
      'object-groups': [{ id: 'first' }, { id: 'second', depends: ['first'] }],
      objects: [
        { path: 'small', group: 'first', pipeline: [stage('head -c 2M /dev/urandom')] },
        {
          path: 'deep/down/large',
          group: 'second',
          pipeline: [
            stage('head -c 4M /dev/urandom; echo half >&2; head -c 4M /dev/urandom'),
            stage('exec cat'),
          ],
        },
      ],
    },
  ],
};

interface LoggedEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

interface Moment {
  readonly name: string;
  readonly isNow: (event: LoggedEvent) => boolean;
}

const MOMENTS: readonly Moment[] = [
  { name: 'when the copy has been opened', isNow: ({ event }) => event === 'copy-opened' },
  { name: 'in the middle of an object', isNow: ({ line }) => line === 'half' },
  {
    name: 'while the copy is being committed',
    isNow: ({ event, group }) => event === 'group-finished' && group === 'second',
  },
  {
    name: 'when it has been committed, in the rotation',
    isNow: ({ event }) => event === 'copy-committed',
  },
];

suite('power cuts', { skip: whyNoLab('vm-up.sh'), timeout: 15 * 60_000 }, () => {
  let directory = '';
  let guest: Guest;
  /** Every copy that was ever listed, or said to be committed. */
  const promised = new Set<string>();

  before(async () => {
    directory = await makeLabDirectory();
    await mkdir(join(directory, 'etc'));
    await writeFile(join(directory, 'etc/palhm.jsonc'), JSON.stringify(CONFIG));
    const state = process.env['PALHM_LAB_GUEST'] ?? join(directory, 'vm');
    const shares = [...repositoryShares(':ro'), `${directory}/etc:/etc/palhm:ro`];
    guest = createGuest(state, shares);
    await mustRunScript('vm-build.sh', [state]);
    await guest.boot();
    const { code, stderr } = await guest.run(
      'mkfs.ext4 -q /dev/disk/lab-data && mkdir /data && mount /dev/disk/lab-data /data',
    );
    assert.equal(code, 0, stderr);
  });
  after(async () => {
    try {
      await (process.env['PALHM_LAB_GUEST'] === undefined ? guest.remove() : guest.cut());
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  /** Runs the task to its end; it must succeed and leave nothing behind. */
  async function runWhole(): Promise<void> {
    const { code, stdout, stderr } = await guest.run(`${RUN} && ls -A ${ROOT}`);
    assert.equal(code, 0, stderr);
    const leftovers = stdout.split('\n').filter((name) => /^\.palhm-(?:partial|trash)/.test(name));
    assert.deepEqual(leftovers, [], 'a run that succeeded leaves nothing of dead ones');
    const committed = notePromises(stderr.split('\n'));
    assert.equal(committed, 1, stderr);
  }

  /** Remembers the copies that these lines of the log say are committed; returns how many. */
  function notePromises(lines: readonly string[]): number {
    const prefixes = lines
      .flatMap((line) => parseEvent(line) ?? [])
      .filter(({ event }) => event === 'copy-committed')
      .map(({ prefix }) => String(prefix));
    for (const prefix of prefixes) promised.add(prefix);
    return prefixes.length;
  }

  /** Boots after a cut: all that is listed is whole, and the newest copies ever promised are listed. */
  async function assertNothingLost(): Promise<void> {
    await guest.boot();
    const { code, stdout, stderr } = await guest.run(
      `mkdir /data && mount /dev/disk/lab-data /data && ${LOOK}`,
    );
    assert.equal(code, 0, stderr);
    const { listed, damage } = JSON.parse(stdout) as Sight;
    assert.deepEqual(damage, []);
    for (const prefix of listed) promised.add(prefix);
    const newest = [...promised].sort().slice(-KEPT);
    assert.deepEqual(
      newest.filter((prefix) => !listed.includes(prefix)),
      [],
      `lost; listed are ${listed.join(', ')}`,
    );
  }

  test('right after the first run has ended', async () => {
    await runWhole();
    await guest.cut();
    await assertNothingLost();
    assert.equal(promised.size, 1);
  });

  for (const { name, isNow } of MOMENTS) {
    test(name, async () => {
      await runWhole();
      const { lines, wasInTime } = await guest.cutWhen(RUN, (line) => {
        const event = parseEvent(line);
        return event !== undefined && isNow(event);
      });
      assert.ok(wasInTime, lines.join('\n'));
      notePromises(lines);
      await assertNothingLost();
    });
  }

  test('right after a run has rotated and ended', async () => {
    await runWhole();
    await guest.cut();
    await assertNothingLost();
    assert.ok(promised.size > KEPT, 'the runs have rotated');
  });
});

function parseEvent(line: string): LoggedEvent | undefined {
  return line.startsWith('{') && line.endsWith('}') ? (JSON.parse(line) as LoggedEvent) : undefined;
}
