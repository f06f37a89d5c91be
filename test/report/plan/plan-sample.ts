/** A plan with everything that a plan may contain. */
import { NO_HOOKS } from '../../../src/config/plan/hooks.js';
import type { ExecPlan, Plan, TaskPlan } from '../../../src/config/plan/plan.js';
import { NO_RECOVERY } from '../../../src/config/plan/recovery.js';
import type { Value } from '../../../src/config/plan/value.js';

const place = { file: '/etc/palhm/palhm.jsonc', line: 1, column: 1 };

const literal = (text: string): Value => ({ type: 'literal', text });

function exec(argv: readonly (string | Value)[], parts: Partial<ExecPlan> = {}): ExecPlan {
  return {
    id: undefined,
    place,
    argv: argv.map((word) => (typeof word === 'string' ? literal(word) : word)),
    env: new Map(),
    accepted: { min: 0, max: 0 },
    signals: [],
    stdoutLevel: 3,
    stderrLevel: 1,
    cwd: undefined,
    timeout: undefined,
    nice: undefined,
    ionice: undefined,
    user: undefined,
    inverse: undefined,
    ...parts,
  };
}

const dump = exec(
  ['mysqldump', { type: 'concat', parts: [literal('--host='), { type: 'run', what: 'host' }] }],
  {
    id: 'dump-db',
    env: new Map<string, Value>([
      ['MYSQL_PWD', { type: 'credential', name: 'db' }],
      ['TOKEN', literal('hunter2')],
    ]),
    timeout: { ms: 192_000 },
    user: 'mysql',
  },
);

const tar = exec(['/usr/bin/tar', '-C', '/etc dir', '-c', '.'], {
  accepted: { min: 0, max: 1 },
  signals: ['SIGPIPE'],
  cwd: '/etc',
  nice: 10,
  ionice: { class: 'best-effort', level: 7 },
});

const zstd = exec(['zstd'], {
  id: 'zstd',
  inverse: { argv: [literal('zstd'), literal('-d')], env: new Map() },
});

const BACKUP: TaskPlan = {
  type: 'backup',
  id: 'backup',
  place,
  sink: {
    type: 'localfs',
    root: '/media/backup',
    directoryMode: 0o750,
    fileMode: 0o640,
    minFree: undefined,
    prefix: { timespec: 'seconds' },
    retention: {
      copies: { type: 'at-most', value: 30n },
      size: { type: 'at-most', value: 123_456_789_012_345_678_901n },
      keep: { last: 7, daily: 14, weekly: 0, monthly: 0, yearly: 3, within: { ms: 259_200_000 } },
    },
  },
  client: undefined,
  maxAge: { ms: 93_600_000 },
  sign: {
    key: { type: 'credential', name: 'sign-key' },
    trusted: [{ type: 'file', path: '/etc/palhm/old.pub' }],
    place,
  },
  drill: {
    place,
    user: 'mysql',
    timeout: { ms: 192_000 },
    prepare: [exec(['mkdir', { type: 'run', what: 'directory' }], { user: 'mysql' })],
    restore: [{ object: 'all "db".sql.zst', place, pipeline: [exec(['cat']), exec(['mysql'])] }],
    check: [exec(['mysql', '-e', 'SELECT 1'], { accepted: { min: 0, max: 1 } })],
    cleanUp: [],
  },
  hooks: {
    before: [exec(['mount', '/media/backup'], { accepted: { min: 0, max: 32 } })],
    after: [],
    onError: [exec(['tell']), exec(['beep'])],
    always: [exec(['umount', '/media/backup'])],
  },
  recovery: {
    pre: [exec(['stop', 'all'])],
    end: [exec(['update-grub'])],
    post: [exec(['start', 'all'])],
  },
  groups: [
    {
      id: 'databases',
      depends: [],
      snapshot: {
        place,
        source: {
          type: 'lvm',
          volumes: [
            { volume: 'vg0/mysql', size: 5_368_709_120, part: [], mount: { options: ['noatime'] } },
            {
              volume: 'vg0/log',
              size: 1_073_741_824,
              part: [
                { type: 'partition', number: 2 },
                { type: 'luks', key: { type: 'credential', name: 'guest-disk' } },
                { type: 'lvm', volume: 'vg0/root' },
              ],
              mount: null,
            },
          ],
        },
        freeze: undefined,
        afterSnapshot: [],
      },
      freeze: undefined,
      hooks: { ...NO_HOOKS, before: [exec(['stop', 'app'])] },
      objects: [
        {
          path: 'all "db".sql.zst',
          group: 'databases',
          place,
          pipeline: [dump, zstd],
          allocSize: 1_503_238_554,
          expect: {
            minSize: 1_048_576,
            maxShrink: 50,
            maxGrowth: 300,
            texts: [{ type: 'ends-with', text: '-- Dump completed', stage: 0 }],
          },
          restore: undefined,
          hooks: { ...NO_HOOKS, always: [exec(['rm', '-f', '/tmp/x'])] },
        },
      ],
    },
    {
      id: 'nothing',
      depends: ['databases'],
      objects: [],
      snapshot: undefined,
      freeze: undefined,
      hooks: NO_HOOKS,
    },
    {
      id: 'files [&] <more>',
      depends: ['databases', 'nothing'],
      snapshot: undefined,
      freeze: undefined,
      hooks: NO_HOOKS,
      objects: [
        {
          path: 'etc\n\u001b.tar',
          group: 'files [&] <more>',
          place,
          pipeline: [tar],
          allocSize: undefined,
          expect: undefined,
          restore: undefined,
          hooks: NO_HOOKS,
        },
      ],
    },
  ],
};

const ROUTINE: TaskPlan = {
  type: 'routine',
  id: 'default',
  place,
  keepGoing: true,
  hooks: { ...NO_HOOKS, after: [exec(['tell'])] },
  steps: [
    {
      type: 'sigmask',
      changes: [
        { action: 'block', signals: ['SIGINT', 'SIGTERM'] },
        { action: 'unblock', signals: ['SIGHUP'] },
      ],
    },
    { type: 'exec', exec: exec(['dnf', '-y', 'update'], { accepted: { min: 3, max: 3 } }) },
    { type: 'task', taskId: 'backup' },
    { type: 'task', taskId: 'test' },
    { type: 'task', taskId: 'backup' },
  ],
};

const TEST: TaskPlan = {
  type: 'backup',
  id: 'test',
  place,
  sink: { type: 'null' },
  client: undefined,
  maxAge: undefined,
  sign: undefined,
  groups: [
    {
      id: 'default',
      depends: [],
      objects: [],
      snapshot: undefined,
      freeze: undefined,
      hooks: NO_HOOKS,
    },
  ],
  drill: undefined,
  hooks: NO_HOOKS,
  recovery: NO_RECOVERY,
};

export const PLAN: Plan = {
  clients: undefined,
  warnings: [],
  files: ['/etc/palhm/palhm.jsonc'],
  workers: 4,
  verbosity: 3,
  execs: [],
  tasks: new Map<string, TaskPlan>([
    ['default', ROUTINE],
    ['backup', BACKUP],
    ['test', TEST],
  ]),
};
