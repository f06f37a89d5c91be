/** Configs that come from standard input or a pipe: generated, or decrypted. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { PALHM } from '../rig/palhm.js';
import { makeSite, type Site } from '../rig/site.js';

let site: Site;
beforeEach(() => {
  site = makeSite();
  site.write({ objects: [{ path: 'a', stages: ['echo a'] }] });
});
afterEach(() => site.remove());

interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a line of bash in the directory of the config, `palhm.jsonc`. Its stdin is a socket, with what is given. */
async function bash(line: string, input = ''): Promise<Said> {
  const script = `palhm() { "$NODE" "$PALHM" "$@"; }; ${line}`;
  const env = { ...process.env, NODE: process.execPath, PALHM };
  const child = spawn('bash', ['-c', script], { env, cwd: site.directory });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

const config = (): string => readFileSync(site.config, 'utf8');

describe('a config', () => {
  for (const [what, line] of [
    ['-f - from a pipe', 'cat palhm.jsonc | palhm -f - config check'],
    ['-f - from a file', 'palhm -f - config check <palhm.jsonc'],
    ['/dev/stdin from a pipe', 'cat palhm.jsonc | palhm -f /dev/stdin config check'],
    ['/dev/stdin from a file', 'palhm -f /dev/stdin config check <palhm.jsonc'],
    [
      '/dev/stdin from a here-document',
      'palhm -f /dev/stdin config check <<E\n$(cat palhm.jsonc)\nE',
    ],
    ['/dev/stdin from a socket', 'palhm -f /dev/stdin config check'],
    ['a process substitution', 'palhm -f <(cat palhm.jsonc) config check'],
    ['a FIFO in the same directory', 'mkfifo f; cat palhm.jsonc >f & palhm -f f config check'],
    ['a descriptor on a file', 'palhm -f /dev/fd/7 config check 7<palhm.jsonc'],
  ] as const) {
    it(`is read from ${what}, and its include from the working directory`, async () => {
      writeFileSync(
        join(site.directory, 'more.jsonc'),
        '{ "execs": [{ "id": "x", "argv": ["true"] }] }',
      );
      const whole = config().replace('{', '{"include": ["more.jsonc"],');
      writeFileSync(site.config, whole);
      const { code, stderr } = await bash(line, whole);
      assert.equal(stderr, 'config ok: 2 files, 1 task\n');
      assert.equal(code, 0);
    });
  }

  it('from a pipe is enough for a run and for whatever it starts', async () => {
    const { code, stderr } = await bash(
      'palhm -f <(cat palhm.jsonc) run backup && palhm -f - status <palhm.jsonc',
    );
    assert.equal(code, 0, stderr);
    assert.match(execFileSync('sh', ['-c', `cat ${site.root}/2*/a`]).toString(), /^a\n$/);
  });

  it('is named as it was called, where it is wrong', async () => {
    for (const [named, name] of [
      ['-', '<stdin>'],
      ['/dev/stdin', '/dev/stdin'],
    ]) {
      const { code, stderr } = await bash(`echo '{"vll": 1}' | palhm -f ${named} config check`);
      assert.equal(code, 78);
      assert.match(stderr, new RegExp(`^error CONFIG_UNKNOWN_KEY {2}${name}:1:2\n`));
    }
  });

  for (const [what, line, said] of [
    ['nothing comes', 'palhm -f - run backup </dev/null', 'The config from <stdin> is empty. See'],
    [
      'nothing comes but blanks',
      'palhm -f <(echo; false) list',
      'The config from /dev/fd/63 is empty. See',
    ],
    ['stdin is closed', 'palhm -f - list <&-', 'The config from <stdin> is empty. See'],
    [
      'it has no end',
      'palhm -f <(yes) list',
      'The config from /dev/fd/63 cannot be read: it is larger than 16.0 MiB.',
    ],
    [
      'it is too large a file',
      'truncate -s 17M big; palhm -f big list',
      'big" cannot be read: it is larger than 16.0 MiB.',
    ],
    [
      'it has no end on stdin',
      'yes | palhm -f - list',
      'The config from <stdin> cannot be read: it is larger than 16.0 MiB.',
    ],
    [
      'it is not UTF-8',
      String.raw`printf '{"a": "\xe4"}' | palhm -f - list`,
      'The config from <stdin> is not UTF-8: see byte 8, in line 1.',
    ],
    ['it is a directory', 'palhm -f . list', 'cannot be read: illegal operation on a directory.'],
  ] as const) {
    it(`is refused in one sentence when ${what}`, async () => {
      const { code, stderr } = await bash(line);
      assert.equal(code, 78);
      assert.ok(stderr.includes(said), stderr);
      assert.match(stderr, /\n1 problem\. Nothing was run\.\n$/);
    });
  }
});
