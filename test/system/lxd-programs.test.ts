/** Programs in a clone of a container and in the container itself: `"in"`. Needs what lxd-lab.ts needs. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { LxdPlan } from '../../src/config/plan/snapshots/sources.js';
import { checkSource } from '../../src/snapshot/registry.js';
import { callPalhm, type Ended, startPalhm } from '../rig/palhm.js';
import { listPrefixes, makeSite, type Site } from '../rig/site.js';
import { type Lxd, makeLxd, planOf, remainsIn, whyNoLxd } from './lxd-lab.js';

const GONE_MS = 10_000;

describe('programs in a container', { skip: whyNoLxd() }, () => {
  let lxd: Lxd;
  let site: Site;
  before(async () => {
    lxd = await makeLxd();
    lxd.run('launch', 'busybox', 'db', '-s', 'btr');
    lxd.run('exec', 'db', '--', 'sh', '-c', 'echo old >/data/file');
  });
  after(() => lxd.remove());
  beforeEach(() => {
    site = makeSite();
  });
  afterEach(() => {
    site.remove();
    assert.deepEqual(remainsIn(lxd), []);
  });

  const shell = (script: string, more: object = {}): object => ({
    type: 'exec-inline',
    argv: ['sh', '-c', script],
    ...more,
  });
  const inside = (script: string, more: object = {}): object =>
    shell(script, { in: 'snapshot', ...more });
  const write = (objects: readonly object[], snapshot: object = {}, group: object = {}): void => {
    const { socket, client } = lxd;
    const own = { type: 'lxd', instance: 'db', socket, client, ...snapshot };
    const task = {
      id: 'backup',
      type: 'backup',
      backend: 'localfs',
      'backend-param': { root: site.root },
      'object-groups': [{ id: 'g', snapshot: own, ...group }],
      objects: objects.map((one) => ({ group: 'g', ...one })),
    };
    writeFileSync(site.config, JSON.stringify({ tasks: [task] }));
  };
  const run = (): Promise<Ended> => callPalhm(['-f', site.config, 'run', 'backup']);
  const failing = async (): Promise<string> => {
    const { code, stderr } = await run();
    assert.equal(code, 1, stderr);
    assert.deepEqual(await listPrefixes(site.config), []);
    return stderr;
  };
  const stored = async (path: string): Promise<string> => {
    const [prefix = ''] = await listPrefixes(site.config);
    return readFileSync(join(site.root, prefix, path), 'utf8');
  };
  const inContainer = (script: string): string => lxd.run('exec', 'db', '--', 'sh', '-c', script);
  const untilGone = async (text: string): Promise<void> => {
    const deadline = performance.now() + GONE_MS;
    while (inContainer('ps -o args').includes(text)) {
      assert.ok(performance.now() < deadline, `${text} runs on`);
      await delay(50);
    }
  };

  it('read what stands still, beside a container that goes on, and are told what a stage is told', async () => {
    const change = shell('echo new >/data/file; echo "$PALHM_HOOK" >/data/hook', {
      in: 'instance',
    });
    write(
      [
        {
          path: 'a',
          pipeline: [
            shell('echo "from the host"'),
            inside('cat; cat file; echo "$A $PALHM_OBJECT"; echo words >&2', {
              cwd: '/data',
              env: { A: 'a b' },
            }),
            shell('tr a-z A-Z'),
          ],
        },
      ],
      { 'after-snapshot': [change], environment: { LANG: 'C' } },
    );
    const { code, stderr } = await run();
    assert.equal(code, 0, stderr);
    assert.match(stderr, /words/);
    assert.equal(await stored('a'), 'FROM THE HOST\nOLD\nA B A\n');
    assert.equal(inContainer('cat /data/file /data/hook'), 'new\nafter-snapshot');
  });

  it('put a result back into the container, when all of it is there', async () => {
    write([
      {
        path: 'result',
        pipeline: [inside('seq 1 100000'), shell('tee /data/new', { in: 'instance' })],
        after: [shell('mv /data/new /data/result', { in: 'instance' })],
      },
    ]);
    const { code, stderr } = await run();
    assert.equal(code, 0, stderr);
    assert.equal(`${inContainer('cat /data/result')}\n`, await stored('result'));
  });

  it('are blamed for their own ends, and the clone goes', async () => {
    write([{ path: 'a', pipeline: [inside('echo why >&2; exit 3'), shell('cat')] }]);
    assert.match(await failing(), /stage 1 of 2, sh, exited with status 3[^]*\| why/);
    const missing = { type: 'exec-inline', in: 'snapshot', argv: ['nope'], ec: '>=0' };
    write([{ path: 'a', pipeline: [missing] }]);
    assert.match(await failing(), /nope could not be started[^]*STAGE_NOT_STARTED/);
    write([{ path: 'a', pipeline: [inside('pwd', { cwd: '/nope', ec: '>=0' })] }]);
    assert.match(await failing(), /could not be started: .*\/nope/);
  });

  it('a hook, a freeze or a start that fails leaves no clone', async () => {
    const good = [{ path: 'a', pipeline: [inside('echo a')] }];
    write(good, { 'after-snapshot': [inside('exit 4')] });
    assert.match(await failing(), /after-snapshot of group "g": sh exited with status 4/);
    const freeze = { freeze: [shell('exit 5', { in: 'instance' })], thaw: [shell('true')] };
    write(good, { freeze });
    assert.match(await failing(), /freeze .*exited with status 5/);
    lxd.run('profile', 'create', 'broken');
    lxd.run(
      'profile',
      'device',
      'add',
      'broken',
      'x',
      'unix-char',
      'source=/dev/nope',
      'path=/dev/x',
    );
    write(good, { profiles: ['+broken'] });
    assert.match(
      await failing(),
      /cannot start a clone of the container db: Failed to start device/,
    );
  });

  it('are held by a program in the container while the snapshot is taken', async () => {
    const hold = shell('echo held; touch /data/held; exec sleep 4711', { in: 'instance' });
    write([{ path: 'a', pipeline: [inside('ls /data/held')] }], { freeze: { hold } });
    const { code, stderr } = await run();
    assert.equal(code, 0, stderr);
    await untilGone('sleep 4711');
  });

  it('end with their time, whatever they do', async () => {
    const deaf = shell('trap "" TERM; while :; do sleep 0.4712; done', {
      in: 'instance',
      timeout: '1s',
    });
    write([{ path: 'a', pipeline: [inside('echo a')], before: [deaf] }]);
    assert.match(await failing(), /ran longer than its timeout/);
    await untilGone('sleep 0.4712');
  });

  it('end when palhm is killed with -9', async () => {
    const long = shell('exec sleep 4713', { in: 'instance' });
    write([{ path: 'a', pipeline: [inside('echo a')], before: [long] }]);
    const palhm = startPalhm(['-f', site.config, '-v', '--log-format', 'json', 'run', 'backup']);
    await palhm.event('hook-started');
    while (!inContainer('ps -o args').includes('sleep 4713')) await delay(50);
    palhm.child.kill('SIGKILL');
    if (palhm.child.signalCode === null) await once(palhm.child, 'exit');
    await untilGone('sleep 4713');
    write([{ path: 'a', pipeline: [inside('echo a')] }]);
    const { code, stderr } = await run();
    assert.equal(code, 0, stderr);
    assert.match(stderr, /palhm-.*, which is of the container db/);
  });

  it('lose their daemon: the run fails, says what is left, and the next one removes it', async () => {
    const slow = inside('echo a; touch /tmp/begun; sleep 4714', { ec: '0-1' });
    write([{ path: 'a', pipeline: [slow] }]);
    const palhm = startPalhm(['-f', site.config, '-v', '--log-format', 'json', 'run', 'backup']);
    await palhm.event('object-started');
    process.kill(lxd.pid, 'SIGKILL');
    const { code, stderr } = await palhm.ended;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /SNAPSHOT_LEFT/);
    assert.match(stderr, /delete --force palhm-/);
    lxd = await lxd.startAgain();
    assert.equal(remainsIn(lxd).length, 1);
    write([{ path: 'a', pipeline: [inside('echo a')] }]);
    const again = await run();
    assert.equal(again.code, 0, again.stderr);
  });

  it('config check says what is missing', async () => {
    const problemsOf = async (changes: Partial<LxdPlan>): Promise<readonly string[]> =>
      (await checkSource({ ...planOf(lxd, 'db'), ...changes })).map(({ message }) => message);
    assert.deepEqual(await problemsOf({}), []);
    assert.deepEqual(await problemsOf({ client: 'no-client' }), [
      'There is no program "no-client", which runs commands in the container.',
    ]);
    assert.deepEqual(await problemsOf({ instance: 'nope' }), [
      'There is no container nope in the project default.',
    ]);
    assert.deepEqual(
      await problemsOf({
        profiles: [
          { action: 'add', name: 'nope' },
          { action: 'remove', name: 'web' },
        ],
      }),
      ['There is no profile nope.', 'The container db has no profile web.'],
    );
    const [unreachable] = await problemsOf({ socket: '/not/there' });
    assert.match(
      unreachable ?? '',
      /^Neither LXD nor Incus can be asked: \/not\/there does not answer/,
    );
    const [project] = await problemsOf({ project: 'nope' });
    assert.match(project ?? '', /nope|[Pp]roject/);
  });
});
