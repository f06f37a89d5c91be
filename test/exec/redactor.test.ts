import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createRedactor } from '../../src/exec/redactor.js';
import { learnInherited } from '../../src/exec/secret-variables.js';

test('a redactor replaces what it has learned, and nothing else', () => {
  const redactor = createRedactor();
  assert.equal(redactor.redact('hunter2'), 'hunter2');
  redactor.learn('hunter2', '${env:PASSWORD}');
  assert.equal(redactor.redact('-phunter2 hunter2'), '-p${env:PASSWORD} ${env:PASSWORD}');
});

test('a secret that begins like another leaves nothing of the longer one', () => {
  for (const order of [
    ['open', 'open-sesame'],
    ['open-sesame', 'open'],
  ]) {
    const redactor = createRedactor();
    for (const secret of order) redactor.learn(secret, `\${${secret.length}}`);
    assert.equal(redactor.redact('said open-sesame, open'), 'said ${11}, ${4}');
  }
});

test('each line of a secret is one, wherever it came from', () => {
  const redactor = createRedactor();
  redactor.learn('-----BEGIN\nMIIEvQ\r\n', '${env:KEY}');
  assert.equal(redactor.redact('bad key: MIIEvQ'), 'bad key: ${env:KEY}');
});

test('a reference with a dollar sign stands as it is', () => {
  const redactor = createRedactor();
  redactor.learn('hunter2', "${file:/srv/$&/$'}");
  assert.equal(redactor.redact('hunter2'), "${file:/srv/$&/$'}");
});

test('a secret in the form in which programs print it is one', () => {
  const secret = `it's a "p%ss" & möre/=`;
  const redactor = createRedactor();
  redactor.learn(secret, '${file:/pw}');
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  for (const form of [
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(secret).replaceAll("'", '%27'),
    new URLSearchParams({ a: secret }).toString(),
    JSON.stringify(secret),
    `'it'\\''s a "p%ss" & möre/='`,
    base64(secret),
    base64(`user:${secret}`),
    base64(`a:${secret}`),
    base64(`ab:${secret}`),
    Buffer.from(secret).toString('base64url'),
  ]) {
    const clean = redactor.redact(`GET ${form}.`);
    assert.match(clean, /\$\{file:\/pw\}/, form);
    assert.doesNotMatch(clean, /ss|cCVzcy|%25/, clean);
  }
});

test('a secret as real shells and JSON print it is one', () => {
  const secrets = [
    'cost$5',
    'a"b`c\\d',
    "it's a; {b,c}!^",
    '#x~y:~z=~',
    '~home',
    'tab\there',
    "two''three';x'",
    'es\u001bcape\u0001\u007f',
    'mör€der/<😀>',
  ];
  for (const secret of secrets) {
    const redactor = createRedactor();
    redactor.learn(secret, '<pw>');
    const prints = {
      bash: [
        'declare -p A',
        'printf "%q\\n" "$A"',
        'printf "%q\\n" "x$A"',
        'echo "${A@Q}"',
        'set -x; : "$A"',
      ],
      sh: ['export -p | grep -a " A="', 'set | grep -a ^A='],
    };
    for (const [shell, commands] of Object.entries(prints))
      for (const LC_ALL of ['C', 'C.UTF-8']) {
        const env = { PATH: process.env['PATH'], A: secret, LC_ALL };
        const argv = [
          ...(shell === 'bash' ? ['--norc'] : []),
          '-c',
          `exec 2>&1; ${commands.join(';')}`,
        ];
        const { stdout } = spawnSync(shell, argv, { env, encoding: 'utf8' });
        const clean = redactor.redact(stdout);
        assert.equal(
          clean.split('<pw>').length - 1,
          commands.length,
          `${shell} ${LC_ALL}: ${stdout}`,
        );
      }
    const json = JSON.stringify(secret);
    const ascii = json.replaceAll(
      /[^ -~]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    for (const form of [
      json,
      ascii,
      ascii.replaceAll('/', '\\/'),
      encodeURIComponent(secret).replaceAll(/%../g, (one) => one.toLowerCase()),
    ])
      assert.match(redactor.redact(form), /^"?<pw>"?$/, form);
  }
});

test('of secrets that overlap nothing stays', () => {
  const redactor = createRedactor();
  for (const secret of ['abcdef12', 'ef12ghij', 'hijklmn3', 'xyxy9'])
    redactor.learn(secret, `<${secret}>`);
  redactor.learn('uvuv', '<u>');
  assert.equal(redactor.redact('-abcdef12ghijklmn3-'), '-<abcdef12><ef12ghij><hijklmn3>-');
  assert.equal(redactor.redact('-abcdef12ef12ghij-'), '-<abcdef12><ef12ghij>-');
  assert.equal(redactor.redact('1uvuvuv1'), '1uvuvuv1');
  redactor.learn('4747x47', '<7>');
  assert.equal(redactor.redact('=4747x4747x47='), '=<7>=');
});

test('the work grows with the text, also where secrets are dense and repeat themselves', () => {
  const redactor = createRedactor();
  redactor.learn('ab12'.repeat(200), '<pw>');
  redactor.learn('secret-12', '<other>');
  const started = process.cpuUsage();
  assert.equal(redactor.redact('ab12'.repeat(50_000)), '<pw>');
  assert.equal(redactor.redact('secret-12'.repeat(50_000)), '<other>'.repeat(50_000));
  assert.ok(process.cpuUsage(started).user < 4_000_000);
});

test('ordinary words stay, and whoever has one as a secret is told so once', () => {
  const told: string[] = [];
  const redactor = createRedactor((reference, why) => told.push(`${reference} ${why}`));
  for (const secret of ['abc', 'root', 'True', '1234', '****', 'dump', '42424242'])
    for (let time = 0; time < 2; time++) redactor.learn(secret, `<${secret}>`);
  assert.deepEqual(told, [
    '<abc> has fewer than 4 characters',
    '<root> is an ordinary word',
    '<True> is an ordinary word',
    '<1234> is a short number',
    '<****> is one character, repeated',
    '<dump> is an ordinary word',
  ]);
  const line = 'abc: root dumps 1234 of ****, true';
  assert.equal(redactor.redact(line), line);
  assert.equal(redactor.redact('pin 42424242'), 'pin <42424242>');
});

test('lines of a secret that stay are said by their numbers, brackets are not', () => {
  const told: string[] = [];
  const redactor = createRedactor((reference, why) => told.push(`${reference} ${why}`));
  redactor.learn('cat\nlong-enough\nowl\n\nroot', '<pw>');
  redactor.learn('{\n  "key": "hunter22"\n}', '<json>');
  assert.deepEqual(told, ['<pw> has lines that are too short or an ordinary word: 1, 3, 5']);
  assert.equal(redactor.redact('cat long-enough'), 'cat <pw>');
});

test('a short secret of letters is replaced where it is a word of its own, and after an option', () => {
  const redactor = createRedactor();
  redactor.learn('gres', '<pw>');
  const line = 'postgres regresses; gres=gres "-pgres" a-pgres gres';
  assert.equal(redactor.redact(line), 'postgres regresses; <pw>=<pw> "-p<pw>" a-pgres <pw>');
});

test('neither the length of a secret nor the number of secrets matters', () => {
  const redactor = createRedactor();
  const long = Array.from({ length: 10_000 }, (_, index) => `${index}:ä`).join('');
  redactor.learn(long, '<long>');
  for (let index = 0; index < 2000; index++) redactor.learn(`secret-${index}-${index}`, '<many>');
  assert.equal(redactor.redact(`${long} ${long}.`), '<long> <long>.');
  assert.equal(redactor.redact(encodeURIComponent(long)), '<long>');
  assert.equal(redactor.redact('secret-1999-1999 secret-1999-1998'), '<many> secret-1999-1998');
});

test('a part of a long secret is one', () => {
  const redactor = createRedactor();
  const secret = randomBytes(3000).toString('base64');
  redactor.learn(secret, '<pw>');
  const [before = '', behind = ''] = redactor.redact(secret.slice(300, 3800)).split('<pw>');
  assert.ok(before.length < 512 && behind.length < 512);
});

test('a secret in which a program has escaped what it likes is one', () => {
  const redactor = createRedactor();
  redactor.learn('p@ss$1&x', '<url>');
  redactor.learn('correct horse*~+/x', '<form>');
  redactor.learn('möre\u2028\u007f!', '<json>');
  for (const [text, clean] of [
    ['http://u:p%40ss$1&x@h/', 'http://u:<url>@h/'],
    ['p%40ss%241%26x p@ss%241&x %70%40ss$1&x', '<url> <url> <url>'],
    ['q=correct+horse%2A~%2B%2Fx&', 'q=<form>&'],
    ['correct%20horse*%7e%2b/x', '<form>'],
    ['"möre\u2028\\u007f!"', '"<json>"'],
    [String.raw`$'m\303\266re\342\200\250\177!' $'möre\342\200\250\177!'`, "$'<json>' $'<json>'"],
    [String.raw`"p@ss\$1&x" "p\u0040ss$1\x26x" p@ss\$1\&x`, '"<url>" "<url>" <url>'],
    ['100% of 5+5 \\ %zz', '100% of 5+5 \\ %zz'],
  ] as const)
    assert.equal(redactor.redact(text), clean);
});

test('a short secret in Base64 is one, whatever stands beside it', () => {
  for (const secret of ['abcd', 'abcde', 'abc123', 'hunter2']) {
    const redactor = createRedactor();
    redactor.learn(secret, '<pw>');
    for (const before of ['', 'u', 'us', 'user:', 'me:', 'x:'])
      for (const behind of ['', '\n', 'yz']) {
        const text = Buffer.from(before + secret + behind).toString('base64');
        const clean = redactor.redact(`Basic ${text}.`);
        const [, front = '', back = ''] = /^Basic ([\w+/]*)<pw>([\w+/]*)=*\.$/.exec(clean) ?? [
          clean,
        ];
        // No digit is left that holds a bit of the secret.
        assert.ok(front.length <= (before.length * 8) / 6, `${text}: ${clean}`);
        assert.ok(back.length <= Math.ceil((behind.length * 8) / 6), `${text}: ${clean}`);
        assert.match(clean, /<pw>/, text);
      }
  }
});

test('what is redacted already is not redacted again', () => {
  const redactor = createRedactor();
  redactor.learn('hunter2', '${file:/srv/hunter2/pw}');
  const clean = redactor.redact('hunter2');
  assert.equal(redactor.redact(clean), clean);
});

test('the frame of a key in PEM is no secret, its lines are', () => {
  const redactor = createRedactor();
  redactor.learn('-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQ\n-----END PRIVATE KEY-----', '<key>');
  const line = 'no -----BEGIN PRIVATE KEY-----';
  assert.equal(redactor.redact(line), line);
  assert.equal(redactor.redact('MC4CAQAwBQ'), '<key>');
});

test('of the environment it learns what the names say is secret, and passwords in URLs', () => {
  const told: string[] = [];
  const redactor = createRedactor((reference) => told.push(reference));
  const inherited = {
    AWS_SECRET_ACCESS_KEY: 'abcd/efgh+ijkl',
    AWS_SESSION_TOKEN: 'token-token',
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    RESTIC_PASSWORD: 'hunter22',
    BORG_PASSPHRASE: 'a b c d',
    MYSQL_PWD: 'sesame-1',
    http_proxy: 'http://me:prox0red@proxy.example:3128',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/token',
    PWD: '/srv/backup',
    USE_TOKENS: 'yes',
    GIT_TOKEN: 'ab',
    DATABASE_URL: 'postgres://u:p%40ss%2Fw@h/db',
    OTHER_URL: 'redis://:a@b-c@h',
    JDBC: 'jdbc:mysql://u:sesame-2@h/db',
    https_proxy: 'me:prox1red@proxy:3128',
    MIRROR: 'host:latest@sha',
  };
  learnInherited(redactor, inherited, 'safe');
  assert.deepEqual(told, []);
  learnInherited(redactor, inherited, 'all');
  assert.deepEqual(told, ['${env:GIT_TOKEN}']);
  const printed = Object.values(inherited).join(' ');
  assert.equal(
    redactor.redact(printed),
    '${env:AWS_SECRET_ACCESS_KEY} ${env:AWS_SESSION_TOKEN} AKIAEXAMPLE ${env:RESTIC_PASSWORD} ${env:BORG_PASSPHRASE} ' +
      '${env:MYSQL_PWD} http://me:${env:http_proxy}@proxy.example:3128 /var/run/token /srv/backup yes ab ' +
      'postgres://u:${env:DATABASE_URL}@h/db redis://:${env:OTHER_URL}@h ' +
      'jdbc:mysql://u:${env:JDBC}@h/db me:${env:https_proxy}@proxy:3128 host:latest@sha',
  );
  assert.equal(redactor.redact('no role for p@ss/w'), 'no role for ${env:DATABASE_URL}');
});
