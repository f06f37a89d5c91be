/** What other users can do about the small files of a host: nothing. Each case is in a /run of its own. Needs root; Debian package: util-linux. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { makeScratch } from '../rig/scratch.js';

const SCRIPT = `
const { openRuntimeFile, openRuntimeFiles } = await import('${new URL('../../src/host/runtime-files.js', import.meta.url).href}');
const { takeFlock } = await import('${new URL('../../src/host/flock.js', import.meta.url).href}');
const { mode } = await (async () => {
  const { path, handle } = await openRuntimeFile('x.json', process.env);
  const { type } = await takeFlock({ fd: handle.fd, waitMs: 0 });
  const found = [];
  for await (const one of openRuntimeFiles('x', process.env)) found.push(one.path);
  console.log(path, type, found.join(' '));
  return await handle.stat();
})();
if ((mode & 0o777) !== 0o600) throw new Error(mode.toString(8));
process.exit(0);
`;
const NOBODY = 'setpriv --reuid=65534 --regid=65534 --clear-groups';

suite('a small file of this host', {
  skip: process.getuid?.() === 0 ? false : 'needs root, to have a /run of its own',
}, () => {
  /** What is printed by who opens the file: its path, whether it was locked, and all that are found. */
  function open(script: string, as = ''): string {
    const home = makeScratch();
    chmodSync(home, 0o755);
    const before = `
      mount -t tmpfs -o mode=755 tmpfs /run
      mkdir -m 1777 /run/lock ${join(home, 'tmp')}
      mkdir -m 700 ${join(home, 'xdg')} && chown 65534 ${join(home, 'xdg')}
      unset PALHM_RUNTIME_DIRECTORY
      export TMPDIR=${join(home, 'tmp')} XDG_RUNTIME_DIR=${join(home, 'xdg')}
      nobody() { ${NOBODY} "$@"; }`;
    const node = `${as} ${process.execPath} --input-type=module -e "$SCRIPT"`;
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['--mount', 'bash', '-ec', `${before}\n${script}\n${node}`],
      { encoding: 'utf8', env: { ...process.env, SCRIPT } },
    );
    assert.equal(status, 0, stderr);
    return stdout.trimEnd().replaceAll(home, '');
  }
  const opened = (path: string): string => `${path} taken ${path}`;
  const IN_LOCK = '/run/lock/palhm-65534-x.json';

  test('of root is where nobody else can make one', () => {
    const script = 'nobody flock /run/lock/palhm-0-x.json true';
    assert.equal(open(script), opened('/run/palhm/palhm-0-x.json'));
  });
  test('is in the directory that $PALHM_RUNTIME_DIRECTORY names, where that is to be trusted', () => {
    const chosen = (mode: string): string =>
      open(`mkdir -m ${mode} /run/own; export PALHM_RUNTIME_DIRECTORY=/run/own`);
    assert.equal(chosen('700'), opened('/run/own/palhm-0-x.json'));
    assert.equal(chosen('777'), opened('/run/palhm/palhm-0-x.json'));
  });
  test('of root is not in a directory that is not of root alone', () => {
    for (const script of [
      'mkdir /run/palhm; chown 65534 /run/palhm',
      'mkdir -m 777 /run/palhm; chmod 777 /run/palhm',
      'mkdir -m 770 /run/palhm; chmod 770 /run/palhm; chgrp 65534 /run/palhm',
    ])
      assert.equal(open(script), opened('/run/lock/palhm-0-x.json'), script);
  });
  test('of root that somebody else has made is passed over, and not waited for', () => {
    const script = `
      touch /run/palhm
      nobody flock /run/lock/palhm-0-x.json sleep 60 >/dev/null 2>&1 & trap "kill $!" EXIT
      until [ -e /run/lock/palhm-0-x.json ]; do :; done`;
    assert.equal(open(script), opened('/tmp/palhm-0-x.json'));
  });
  test('of another user is in /run/lock, also without a session', () => {
    assert.equal(open('true', NOBODY), opened(IN_LOCK));
    assert.equal(open('unset XDG_RUNTIME_DIR', NOBODY), opened(IN_LOCK));
  });
  test('is no file of another user, no link and no pipe', () => {
    for (const script of [
      `touch ${IN_LOCK}; chmod 666 ${IN_LOCK}`,
      `nobody ln -s /run/lock/target ${IN_LOCK}`,
      `nobody touch /run/lock/other; ln /run/lock/other ${IN_LOCK}`,
      `nobody mkfifo ${IN_LOCK}`,
      `nobody mkdir ${IN_LOCK}`,
    ])
      assert.equal(open(script, NOBODY), opened('/xdg/palhm-65534-x.json'), script);
  });
});
