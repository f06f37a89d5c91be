/** Programs around a restore: the table of doc/restore.md, line by line, by the real program, and what else is said there. */
import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { callPalhm, type Ended, startPalhm } from '../../rig/palhm.js';
import { assertFailed, makeRestoreSite, type RestoreSite } from '../../rig/restore-site.js';
import { isRoot } from '../../rig/rights.js';
import { configOf } from '../../rig/site.js';

interface Row {
  readonly args: readonly string[];
  readonly wrong: string;
  readonly order: readonly string[];
  readonly exit: number;
}

const ROWS: readonly Row[] = readFileSync('doc/restore.md', 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, args = '', wrong = '', order = '', exit = ''] = line
      .split('|')
      .map((cell) => cell.trim());
    if (!/^\d+$/.test(exit)) return [];
    return [
      {
        args: args.replaceAll('`', '').split(' '),
        wrong,
        order: order === 'nothing' ? [] : order.split(', '),
        exit: Number(exit),
      },
    ];
  });

const BUSYBOX = '/bin/busybox';
const skip = isRoot ? false : 'needs root, to chroot';

let site: RestoreSite;
let system: string;
beforeEach(() => {
  site = makeRestoreSite();
  system = join(site.directory, 'system');
  for (const name of ['dev', 'proc', 'sys', 'etc'])
    mkdirSync(join(system, name), { recursive: true });
  copyFileSync(BUSYBOX, join(system, 'busybox'));
  writeFileSync(join(system, 'etc/resolv.conf'), 'its own\n');
});
afterEach(() => site.remove());

const inline = (...argv: string[]) => ({ type: 'exec-inline', argv });
const scriptOf = (name: string, wrong: string): string => {
  const code = new RegExp(`^${name} ends with (\\d+)$`).exec(wrong)?.[1];
  if (code !== undefined) return `exit ${code}`;
  return wrong === `SIGTERM during ${name}` ? 'kill -TERM $PPID; sleep 60' : 'true';
};

interface Scripts {
  readonly pre?: string;
  readonly end?: string;
  readonly post?: string;
  readonly objects?: string;
}

async function backUp({ pre = ':', end = ':', post = ':', objects = ':' }: Scripts): Promise<void> {
  const inverses = [`cat >/dev/null; ${objects}`];
  const config = configOf(site.root, { objects: [{ path: 'o', stages: ['echo data'], inverses }] });
  const [task] = (config as { tasks: object[] }).tasks;
  Object.assign(task ?? {}, {
    'pre-recovery': [inline('sh', '-c', pre)],
    'end-recovery': [inline('/busybox', 'sh', '-c', end)],
    'post-recovery': [inline('sh', '-c', post)],
  });
  writeFileSync(site.config, JSON.stringify(config));
  const { code, stderr } = await callPalhm(['-f', site.config, 'run', 'backup']);
  assert.equal(code, 0, stderr);
}

const restore = (...args: string[]): Promise<Ended> => site.restore('--yes', ...args);
/** Other tests mount, too. */
const mounts = (): readonly string[] =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(site.directory));
const into = (name: string): string => join(site.directory, name);

suite('programs around a restore: the table in doc/restore.md', { skip }, () => {
  test('has its lines', () => assert.equal(ROWS.length, 16));
  for (const { args, wrong, order, exit } of ROWS)
    test(`${args.join(' ')}: ${wrong}`, async () => {
      await backUp({
        pre: scriptOf('pre-recovery', wrong),
        end: scriptOf('end-recovery', wrong),
        post: scriptOf('post-recovery', wrong),
        objects: scriptOf('objects', wrong),
      });
      const places: Readonly<Record<string, string>> = {
        DIR: site.target,
        SYSTEM: system,
        DISK: into('disk'),
      };
      const named = args.map((arg) => places[arg] ?? arg);
      const options = ['-v', '--log-format', 'json', '-f', site.config, 'restore', '--yes'];
      const palhm = startPalhm([...options, ...named]);
      const { code } = await palhm.ended;
      const happened = palhm.events().flatMap(({ event, hook }) => {
        if (event === 'hook-started') return [String(hook)];
        return event === 'object-started' ? ['objects'] : [];
      });
      assert.deepEqual([happened, code], [order, exit]);
    });
});

test('pre-recovery does not run when nobody can be asked for what --onto overwrites', async () => {
  const log = into('log');
  await backUp({ pre: `echo pre >>${log}` });
  const disk = into('disk');
  writeFileSync(disk, 'old');
  const unasked = await site.restore('--onto', disk, '--force');
  assertFailed(
    unasked,
    2,
    /what --onto overwrites is lost, and there is nobody to ask/,
    /Nothing was run/,
  );
  assert.ok(!existsSync(log));
  assert.equal((await restore('--onto', disk, '--force')).code, 0);
  assert.equal(readFileSync(log, 'utf8'), 'pre\n');
});

suite('end-recovery', { skip }, () => {
  test('runs in the system, with the mounts that it needs, which are gone after it', async () => {
    const end = '/busybox cat /etc/resolv.conf /proc/mounts >/seen; /busybox test -c /dev/null';
    await backUp({ end: `${end} && /busybox test -d /sys/kernel` });
    const { code, stderr } = await restore('--apply', '--chroot', system);
    assert.equal(code, 0, stderr);
    const seen = readFileSync(join(system, 'seen'), 'utf8');
    assert.match(seen, /^its own\n[^]* \/proc /);
    assert.deepEqual(mounts(), []);
    for (const name of ['dev', 'proc', 'sys'])
      assert.deepEqual(readdirSync(join(system, name)), []);
  });
  test('leaves no mount behind when it is killed', async () => {
    await backUp({ end: 'kill -9 $$' });
    assertFailed(
      await restore('--apply', '--chroot', system),
      1,
      /HOOK_FAILED/,
      /SIGKILL/,
      /The objects are back, and stay/,
      /"post-recovery" was not run/,
    );
    assert.deepEqual(mounts(), []);
  });
  test('mounts nothing over what a link leads to, and does not take this host for the system', async () => {
    await backUp({ end: 'echo ran >/ran' });
    const other = into('other');
    mkdirSync(join(other, 'proc'), { recursive: true });
    symlinkSync('/etc', join(other, 'dev'));
    const linked = await restore('--apply', '--chroot', other);
    assertFailed(linked, 1, /other is not the root of a system: it has no directory dev/);
    symlinkSync('/', into('link'));
    for (const root of ['/', into('link')])
      assertFailed(await restore('--apply', '--chroot', root), 1, /is the root of this host/);
    assertFailed(await restore('--apply', '--chroot', into('none')), 1, /HOOK_FAILED/);
  });
  test('is not well when its program cannot be started, whatever its exec accepts', async () => {
    await backUp({});
    const config = JSON.parse(readFileSync(site.config, 'utf8')) as { tasks: object[] };
    for (const [program, says] of [
      ['/none', /chroot: failed to run command/],
      ['/busybox', undefined],
    ] as const) {
      const exec = { ...inline(program, 'false'), ec: '<200' };
      Object.assign(config.tasks[0] ?? {}, { 'end-recovery': [exec] });
      writeFileSync(site.config, JSON.stringify(config));
      const ended = await restore('--apply', '--chroot', system);
      if (says === undefined) assert.equal(ended.code, 0, ended.stderr);
      else assertFailed(ended, 1, says);
    }
  });
  test('that is left out is said, and a directory for nothing is a mistake', async () => {
    await backUp({});
    assert.match(
      (await restore('--apply')).stderr,
      /"end-recovery" is not run: there is no --chroot DIR/,
    );
    assert.doesNotMatch((await restore('--to', site.target)).stderr, /end-recovery/);
    const config = JSON.parse(readFileSync(site.config, 'utf8')) as { tasks: object[] };
    Object.assign(config.tasks[0] ?? {}, { 'end-recovery': [] });
    writeFileSync(site.config, JSON.stringify(config));
    assertFailed(
      await restore('--apply', '--chroot', system),
      2,
      /the config in use has no "end-recovery"/,
    );
    assertFailed(await restore('--stdout', '--chroot', system), 2, /--chroot goes with/);
    assertFailed(await restore('--apply', '--no-hooks', '--chroot', system), 2, /give one of them/);
  });
});

suite('programs around a restore', { skip }, () => {
  test('are told of the copy and of where it goes', async () => {
    const facts = 'HOOK STATE PREFIX RESTORE_TASK RESTORE_PREFIX RESTORE_TARGET OBJECT ERROR';
    const script = facts
      .split(' ')
      .map((fact) => `echo "${fact}=\${PALHM_${fact}-unset}"`)
      .join('; ');
    await backUp({ pre: `(${script}) >${into('pre')}`, post: `(${script}) >${into('post')}` });
    const { code, stderr } = await restore('--to', site.target, '--chroot', system);
    assert.equal(code, 0, stderr);
    const prefix = readdirSync(site.root).find((name) => !name.startsWith('.'));
    const told = (hook: string, state: string, target: string) =>
      [
        `HOOK=${hook}\nSTATE=${state}\nPREFIX=${prefix}\nRESTORE_TASK=backup`,
        `RESTORE_PREFIX=${prefix}\nRESTORE_TARGET=${target}\nOBJECT=unset\nERROR=unset\n`,
      ].join('\n');
    assert.equal(readFileSync(into('pre'), 'utf8'), told('pre-recovery', 'running', 'unset'));
    assert.equal(readFileSync(into('post'), 'utf8'), told('post-recovery', 'done', site.target));
  });
  test('one before that is missing is found before anything runs, and one that makes the target may', async () => {
    await backUp({ pre: `mkdir ${site.target} && touch ${site.target}/made` });
    const { code, stderr } = await restore('--to', site.target, '--chroot', system);
    assert.equal(code, 0, stderr);
    assert.deepEqual(readdirSync(site.target).toSorted(), ['made', 'o']);
    const config = JSON.parse(readFileSync(site.config, 'utf8')) as { tasks: object[] };
    Object.assign(config.tasks[0] ?? {}, { 'pre-recovery': [inline('no-such-program')] });
    writeFileSync(site.config, JSON.stringify(config));
    assertFailed(
      await restore('--apply'),
      1,
      /STAGE_NOT_STARTED/,
      /no-such-program/,
      /Nothing was run/,
    );
  });
  test('--print tells of them, and with --apply a shell does what --apply does', async () => {
    const log = into('log');
    const say = (word: string) => `echo ${word} >>${log}`;
    await backUp({
      pre: say('pre'),
      objects: say('objects'),
      end: 'echo end >/seen',
      post: say('post'),
    });
    const plain = await site.restore('--print');
    assert.match(plain.stdout, /^# pre-recovery, not run here: sh -c /);
    assert.match(
      plain.stdout,
      /# end-recovery, not run here: \/busybox[^]*# post-recovery, not run/,
    );
    const { stdout } = await site.restore('--print', '--apply', '--chroot', system);
    const { execFileSync } = await import('node:child_process');
    execFileSync('sh', ['-c', stdout]);
    assert.equal(readFileSync(log, 'utf8'), 'pre\nobjects\npost\n');
    assert.equal(readFileSync(join(system, 'seen'), 'utf8'), 'end\n');
    const open = await site.restore('--print', '--apply');
    assert.match(open.stdout, /# end-recovery, runs by chroot, with --chroot DIR: \/busybox/);
  });
});
