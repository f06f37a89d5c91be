/** The real program: what is stored as it was written, and yet cannot be brought back. Debian packages: gnupg zstd. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { callPalhm, startPalhm, watchPalhm } from '../../rig/palhm.js';
import { listPrefixes, makeSite, type Site } from '../../rig/site.js';
import { makeCopy, problemsOf, verify } from '../../rig/verify-site.js';

interface Stage {
  readonly argv: readonly string[];
  readonly inverse?: readonly string[];
  readonly env?: object;
}

type Objects = Readonly<Record<string, readonly Stage[]>>;

/** A config whose stages may have inverses. */
function write(site: Site, objects: Objects, more: object = {}): void {
  const param = { root: site.root, ...more };
  const described = Object.entries(objects).map(([path, stages]) => ({
    path,
    pipeline: stages.map(({ argv, inverse, env = {} }) => ({
      type: 'exec-inline',
      argv,
      env,
      ...(inverse === undefined ? {} : { inverse: { argv: inverse } }),
    })),
  }));
  const task = { id: 'backup', type: 'backup', backend: 'localfs', 'backend-param': param };
  writeFileSync(
    site.config,
    JSON.stringify({ 'nb-workers': 2, tasks: [{ ...task, objects: described }] }),
  );
}

const shell = (script: string): Stage => ({ argv: ['sh', '-c', script] });
const ZSTD: Stage = { argv: ['zstd', '-qc'], inverse: ['zstd', '-qdc'] };
const TAR: Stage = { argv: ['tar', '-C', '/etc', '-c', 'passwd', 'group'] };
const recordIn = (copy: string): boolean => existsSync(join(copy, '.palhm-verify.json'));

describe('verify --decode', () => {
  const site = makeSite();
  const home = join(site.directory, 'gnupg');
  const gpg = ['gpg', '--homedir', home, '--batch', '--no-tty', '--quiet'];
  const GPG: Stage = {
    argv: [...gpg, '--trust-model', 'always', '--encrypt', '--recipient', 'palhm@test'],
    inverse: [...gpg, '--decrypt'],
  };
  before(() => {
    mkdirSync(home, { mode: 0o700 });
    const make = [
      '--passphrase',
      '',
      '--quick-generate-key',
      'palhm@test',
      'default',
      'default',
      'never',
    ];
    execFileSync('gpg', [...gpg.slice(1), ...make], { stdio: 'ignore' });
  });
  after(() => {
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
    site.remove();
  });

  it('shows no secret with which an object was made, nor does a restore', async () => {
    const pw = join(site.directory, 'pw');
    writeFileSync(pw, 'hunter22');
    const dump = { ...shell('echo data'), env: { PW: { file: pw } } };
    const filter = { argv: ['cat'], inverse: ['sh', '-c', `cat ${pw} >&2; exit 3`] };
    write(site, { 'a.txt': [dump, filter] });
    const copy = await makeCopy(site);
    const verified = await verify(site.config, ['--decode']);
    assert.equal(verified.code, 4, verified.stderr);
    const to = join(site.directory, 'restored');
    const { code, stderr } = await callPalhm(['-f', site.config, 'restore', 'backup', '--to', to]);
    assert.equal(code, 1, stderr);
    for (const told of [verified.stderr, stderr]) assert.match(told, /\$\{file:[^}]*pw\}/);
    const record = readFileSync(join(copy, '.palhm-verify.json'), 'utf8');
    assert.doesNotMatch(verified.stdout + verified.stderr + stderr + record, /hunter22/);
  });

  for (const [what, inverse, problem] of [
    ['leaves a process behind', 'cat; sleep 600 & exit 0', /\(sleep\), left behind by a stage/],
    ['is killed', 'kill -9 $$', /was killed by SIGKILL/],
  ] as const)
    it(`calls no copy damaged because what undoes a filter ${what}`, async () => {
      const filter = { argv: ['cat'], inverse: ['sh', '-c', inverse] };
      write(site, { 'a.txt': [shell('echo a'), filter] });
      const copy = await makeCopy(site);
      const verified = await verify(site.config, ['--decode']);
      assert.equal(verified.code, 1, verified.stderr);
      assert.match(problemsOf(verified)[0] ?? '', problem);
      assert.equal(recordIn(copy), false);
    });

  /** What happens on a host that has the public key alone. */
  async function withoutKey(work: () => Promise<void>): Promise<void> {
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
    renameSync(join(home, 'private-keys-v1.d'), join(home, 'lost'));
    try {
      await work();
    } finally {
      execFileSync('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
      rmSync(join(home, 'private-keys-v1.d'), { recursive: true, force: true });
      renameSync(join(home, 'lost'), join(home, 'private-keys-v1.d'));
    }
  }

  const listed = async () => {
    const { stdout } = await callPalhm(['-f', site.config, 'list', '--json']);
    return JSON.parse(stdout).copies;
  };

  it('finds that the key is lost, which the hashes do not tell, and calls nothing damaged for that', async () => {
    write(site, { 'a.tar.zst.gpg': [TAR, ZSTD, GPG], 'b.zst': [TAR, ZSTD] });
    await makeCopy(site);
    const good = await verify(site.config, ['--decode']);
    assert.equal(good.code, 0, good.stderr);
    const found = good.json.copies[0];
    assert.deepEqual([found?.result, found?.depth], ['whole', 'decoded']);
    await withoutKey(async () => {
      const lost = await verify(site.config, ['--decode']);
      assert.equal(lost.code, 4);
      assert.match(
        lost.stderr,
        /^failed {2}1 of 1 copy .* is undecodable on this host +VERIFY_FAILED/m,
      );
      const { result, objects } = lost.json.copies[0] ?? assert.fail();
      assert.equal(result, 'undecodable');
      assert.deepEqual(
        objects.map((object) => object.result),
        ['undecodable', 'whole'],
      );
      assert.deepEqual(problemsOf(lost).length, 1);
      assert.match(
        problemsOf(lost)[0] ?? '',
        /object "a.tar.zst.gpg" cannot be decoded: stage 1 of 3, gpg, exited with status 2 .*No secret key/,
      );
      // A look that is less deep does not take it back.
      assert.equal((await verify(site.config)).code, 0);
    });
    const { verify: record } = (await listed()).at(-1);
    assert.deepEqual([record.result, record.undecoded.problems.length], ['whole', 1]);
    const status = await callPalhm(['-f', site.config, 'status']);
    assert.equal(status.code, 4);
    assert.match(status.stdout, /^backup +undecodable .* whole, undecodable, /m);
    assert.match(status.stdout, /could not be decoded on \S+ at .*No secret key/);
    assert.equal((await verify(site.config, ['--decode'])).code, 0);
    assert.equal((await listed()).at(-1).verify.undecoded, null);
  });

  it('costs no copy its place in the rotation on a host without the key', async () => {
    rmSync(site.root, { recursive: true, force: true });
    write(site, { 'a.gpg': [shell('seq 10'), GPG] }, { 'nb-copy-limit': 1 });
    const decoded = basename(await makeCopy(site));
    assert.equal((await verify(site.config, ['--decode'])).code, 0);
    const newest = basename(await makeCopy(site));
    const rotate = async (): Promise<readonly string[]> => {
      const { code, stderr } = await callPalhm(['-f', site.config, 'rotate', 'backup']);
      assert.equal(code, 0, stderr);
      return await listPrefixes(site.config);
    };
    await withoutKey(async () => {
      const lost = await verify(site.config, ['--decode', '--copy', 'all']);
      assert.deepEqual(
        [lost.code, lost.json.copies.map(({ result }) => result)],
        [4, ['undecodable', 'undecodable']],
      );
      assert.deepEqual(await rotate(), [decoded, newest]);
      const [{ verify: record }] = await listed();
      assert.deepEqual([record.result, record.depth, record.read], ['whole', 'decoded', 1]);
    });
    assert.equal((await verify(site.config, ['--decode'])).code, 0);
    assert.deepEqual(await rotate(), [newest]);
  });

  it('tells the last lines of what cannot decode, not the last alone', async () => {
    const age = 'echo "age: no identity matched" >&2; echo "age: report errors at x" >&2; exit 1';
    write(site, { x: [shell('seq 10'), { argv: ['cat'], inverse: ['sh', '-c', age] }] });
    await makeCopy(site);
    const told = problemsOf(await verify(site.config, ['--decode']))[0] ?? '';
    assert.match(
      told,
      /exited with status 1 .*; age: no identity matched; age: report errors at x$/,
    );
  });

  it('finds archives that were broken when they were stored', async () => {
    write(site, {
      'cut.tar': [shell('tar -C /etc -c passwd | head -c 1000')],
      'cut.tar.zst': [shell('tar -C /etc -c passwd | head -c 1000'), ZSTD],
      'no.zst': [shell('seq 10'), { argv: ['cat'], inverse: ['zstd', '-qdc'] }],
      'good.tar': [TAR],
      'text.tar.bak': [shell('echo text')],
    });
    await makeCopy(site);
    assert.equal((await verify(site.config)).code, 0);
    const found = await verify(site.config, ['--decode']);
    assert.equal(found.code, 4);
    const wrong = found.json.copies[0]?.objects.filter(({ result }) => result !== 'whole');
    assert.deepEqual(
      wrong?.map(({ path, result }) => [path, result]),
      ['cut.tar', 'cut.tar.zst', 'no.zst'].map((path) => [path, 'undecodable']),
    );
    assert.match(
      problemsOf(found)[0] ?? '',
      /object "cut.tar" cannot be decoded: tar exited with status 2/,
    );
  });

  it('names a program that is not installed before it reads anything', async () => {
    write(site, { x: [shell('seq 10'), { argv: ['cat'], inverse: ['no-such-program', '-d'] }] });
    const copy = await makeCopy(site);
    const { code, stderr, stdout } = await callPalhm(['-f', site.config, 'verify', '--decode']);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /STAGE_NOT_STARTED[^]*There is no program "no-such-program"/);
    assert.doesNotMatch(stderr, /is being verified/);
    assert.ok(!recordIn(copy));
  });

  it('runs what no config knows only after a yes', async () => {
    const mark = join(site.directory, 'mark');
    const stages = [shell('seq 10'), { argv: ['cat'], inverse: ['sh', '-c', `cat >"${mark}"`] }];
    write(site, { x: stages });
    await makeCopy(site);
    write(site, { x: [shell('seq 10')] });
    const refused = await callPalhm(['-f', site.config, 'verify', '--decode']);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /UNTRUSTED_COMMAND[^]*\| sh -c 'cat >/);
    assert.ok(!existsSync(mark));
    assert.equal((await verify(site.config, ['--decode', '--yes'])).code, 0);
    assert.ok(existsSync(mark));
  });

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`ends in good order at ${signal}, with nothing recorded`, async () => {
      const wait = { argv: ['cat'], inverse: ['sh', '-c', 'cat; exec sleep 1000'] };
      write(site, { x: [shell('seq 10'), wait], y: [shell('seq 10'), wait] });
      const copy = await makeCopy(site);
      const args = ['-v', '-f', site.config, '--log-format', 'json', 'verify', '--decode'];
      const palhm = startPalhm(args);
      await palhm.event('object-started', 2);
      palhm.child.kill(signal);
      const ended = await palhm.ended;
      assert.deepEqual([ended.code, ended.stdout], [code, '']);
      assert.ok(palhm.events().some(({ event }) => event === 'object-cancelled'));
      assert.ok(!recordIn(copy));
    });
  }

  for (const [how, exit] of [
    ['fails', 1],
    ['ends well', 0],
  ] as const) {
    it(`says that the copy was removed meanwhile, when its decoding ${how}`, async () => {
      const gate = join(site.directory, 'gate');
      const wait = `cat; while [ -e "${gate}" ]; do sleep 0.05; done; exit ${exit}`;
      const stages = [shell('seq 10'), { argv: ['cat'], inverse: ['sh', '-c', wait] }];
      for (const which of ['one', 'all']) {
        rmSync(site.root, { recursive: true, force: true });
        write(site, { x: stages }, { 'nb-copy-limit': 1 });
        const copy = await makeCopy(site);
        writeFileSync(gate, '');
        const wanted = which === 'all' ? 'all' : basename(copy);
        const args = [
          '-v',
          '-f',
          site.config,
          '--log-format',
          'json',
          'verify',
          '--decode',
          '--json',
        ];
        const palhm = watchPalhm([...args, '--copy', wanted]);
        await palhm.event('object-started');
        // Removes the copy, as every night.
        await makeCopy(site);
        assert.ok(!existsSync(copy));
        rmSync(gate);
        const ended = await palhm.ended;
        if (which === 'all') {
          assert.equal(ended.code, 0, ended.stderr);
          assert.equal(JSON.parse(ended.stdout).copies[0].result, 'passed-over');
        } else {
          assert.equal(ended.code, 1);
          assert.match(ended.stderr, /COPY_NOT_FOUND/);
          if (exit === 1) assert.match(ended.stderr, /was removed while it was being verified/);
        }
      }
    });
  }
});
