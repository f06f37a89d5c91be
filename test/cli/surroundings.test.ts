/** The program in a bad environment: no PATH, no directory, no descriptors, no usable config. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { callPalhm, PALHM, runPalhm } from '../rig/palhm.js';
import { configOf, listPrefixes, makeSite, type Site, SMALL_OBJECTS } from '../rig/site.js';

let site: Site;
beforeEach(() => {
  site = makeSite();
});
afterEach(() => site.remove());

describe('surroundings', () => {
  it('runs without HOME and with an empty PATH', async () => {
    const absolute = {
      tasks: [
        {
          id: 'backup',
          type: 'backup',
          backend: 'localfs',
          'backend-param': { root: site.root },
          objects: [
            { path: 'a', pipeline: [{ type: 'exec-inline', argv: ['/bin/sh', '-c', 'echo a'] }] },
          ],
        },
      ],
    };
    writeFileSync(site.config, JSON.stringify(absolute));
    for (const PATH of ['', '/nonexistent']) {
      const env = { HOME: undefined, PATH };
      const ended = await runPalhm(['-f', site.config, 'run', 'backup'], { env });
      assert.equal(ended.code, 0, ended.stderr);
    }
    assert.equal((await listPrefixes(site.config)).length, 2);
  });

  it('runs in a directory that has been removed', async () => {
    site.write({ objects: [{ path: 'a', stages: ['echo a'] }] });
    const script = `mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"`;
    const args = ['-c', script, process.execPath, PALHM, '-f', site.config, 'run', 'backup'];
    const child = spawn('bash', args, { cwd: site.directory, stdio: 'ignore' });
    assert.deepEqual(await once(child, 'close'), [0, null]);
    assert.equal((await listPrefixes(site.config)).length, 1);
  });

  it('too few descriptors fail the run in good order, with what to do', async () => {
    const objects = Array.from({ length: 60 }, (_, index) => ({
      path: `o${index}`,
      stages: ['sleep 0.2; echo a', 'cat'],
    }));
    site.write({ objects, workers: -1 });
    // From a limit that is too low for the files of the objects up to one that is too low only for the pipes.
    for (const limit of [80, 120, 160, 200]) {
      const script = `ulimit -n ${limit}; exec "$0" "$@"`;
      const args = ['-c', script, process.execPath, PALHM, '-f', site.config, 'run', 'backup'];
      const child = spawn('bash', args, { stdio: ['ignore', 'ignore', 'pipe'] });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      assert.deepEqual(await once(child, 'close'), [1, null], stderr);
      assert.match(stderr, /raise the limit of open files \(ulimit -n, LimitNOFILE=\)/);
      assert.match(stderr, /rolled back/);
      assert.deepEqual(readdirSync(site.root), ['.palhm-lock'], `ulimit -n ${limit}`);
    }
  });
});

/** The limit counts all processes of a user and does not apply to root: so the test needs its own user, and prlimit. */
describe('too few processes', () => {
  const NOBODY_ELSE = '64901';
  for (const limit of [12, 16, 24, 32, 40, 60]) {
    it(`${limit} processes: the run ends, in good order`, async (context) => {
      if (process.getuid?.() !== 0) return context.skip('only root can become another user');
      const objects = Array.from({ length: 30 }, (_, index) => ({
        path: `o${index}`,
        stages: ['sleep 0.1; echo a', 'cat', 'cat'],
      }));
      site.write({ objects, workers: -1 });
      chmodSync(site.directory, 0o777);
      const as = ['--reuid', NOBODY_ELSE, '--regid', NOBODY_ELSE, '--clear-groups'];
      const program = [process.execPath, PALHM, '-f', site.config, 'run', 'backup'];
      const limited = [...as, 'prlimit', `--nproc=${limit}`, ...program];
      const child = spawn('setpriv', limited, { stdio: ['ignore', 'ignore', 'pipe'] });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      const [code] = await once(child, 'close');
      assert.notEqual(code, 0, stderr);
      assert.doesNotMatch(stderr, /CONFIG_/);
      const left = existsSync(site.root) ? readdirSync(site.root) : [];
      assert.deepEqual(
        left.filter((name) => name !== '.palhm-lock'),
        [],
        stderr,
      );
    });
  }
});

describe('configs', () => {
  const check = (...args: string[]) => callPalhm(['-f', site.config, ...args]);
  const valid = (): string =>
    JSON.stringify(configOf('', { objects: SMALL_OBJECTS }, 'null'), undefined, 2);

  it('a config that cannot be read is 78', async () => {
    assert.equal((await check('run', 'backup')).code, 78, 'absent');
    mkdirSync(site.config);
    assert.equal((await check('run', 'backup')).code, 78, 'a directory');
    rmSync(site.config, { recursive: true });
    for (const [what, text] of [
      ['empty', ''],
      ['blank', '\n\n'],
      ['not JSON', 'tasks: []'],
      ['cut short', valid().slice(0, 40)],
    ] as const) {
      writeFileSync(site.config, text);
      const { code, stderr } = await check('run', 'backup');
      assert.equal(code, 78, what);
      assert.match(stderr, /palhm\.jsonc/, what);
      assert.doesNotMatch(stderr, /defect/, what);
    }
  });

  it('CRLF and a byte order mark are no mistakes', async () => {
    for (const text of [valid().replaceAll('\n', '\r\n'), `\uFEFF${valid()}`]) {
      writeFileSync(site.config, text);
      const { code, stderr } = await check('config', 'check');
      assert.equal(code, 0, stderr);
    }
  });
});
