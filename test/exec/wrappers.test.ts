/** Which programs are put in front of a stage, and in which order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stageWrappers, wrap } from '../../src/exec/wrappers.js';
import { locateProgram } from '../../src/host/programs.js';
import { execPlan } from '../rig/plans.js';

const PROGRAMS = ['nice', 'ionice', 'setpriv', 'env'] as const;
const ACCOUNT = { name: 'db', uid: '70', gid: '71', home: '/srv/db' };
const NOTHING = { exec: {}, account: undefined, blockedSignals: [] } as const;

function render(argv: readonly string[]): string {
  const names = new Map<string, string>(PROGRAMS.map((name) => [locateProgram(name), name]));
  return argv.map((argument) => names.get(argument) ?? argument).join(' ');
}

for (const [what, { exec, account, blockedSignals }, expected] of [
  ['nothing', NOTHING, 'setpriv --pdeathsig TERM'],
  ['nice', { ...NOTHING, exec: { nice: 7 } }, 'nice -n 7 setpriv --pdeathsig TERM'],
  [
    'an idle disk',
    { ...NOTHING, exec: { ionice: { class: 'idle', level: undefined } } },
    'ionice -c 3 setpriv --pdeathsig TERM',
  ],
  [
    'a user',
    { ...NOTHING, account: ACCOUNT },
    'setpriv --pdeathsig TERM --reuid 70 --regid 71 --init-groups',
  ],
  [
    'blocked signals',
    { ...NOTHING, blockedSignals: ['SIGINT', 'SIGTERM'] },
    'setpriv --pdeathsig TERM env --block-signal=SIGINT,SIGTERM',
  ],
  [
    'all of it',
    {
      exec: { nice: -5, ionice: { class: 'best-effort', level: 6 } },
      account: ACCOUNT,
      blockedSignals: ['SIGHUP'],
    },
    'nice -n -5 ionice -c 2 -n 6 setpriv --pdeathsig TERM --reuid 70 --regid 71 --init-groups env --block-signal=SIGHUP',
  ],
] as const) {
  test(`a stage with ${what}`, () => {
    const wrappers = stageWrappers(execPlan(['dump'], exec), account, blockedSignals);
    assert.equal(render(wrap(['dump', '--all'], wrappers)), `${expected} dump --all`);
  });
}

test('the first wrapper is the outermost', () => {
  const wrappers = ['a', 'b'].map((name) => (argv: readonly string[]) => [name, ...argv]);
  assert.deepEqual(wrap(['x'], wrappers), ['a', 'b', 'x']);
});
