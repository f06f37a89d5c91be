/** What the real program makes of what stores, and things that are none, answer; without a store. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { callPalhm, type Ended } from '../../rig/palhm.js';
import { type Answer, errorXml, startAnswers } from '../../rig/s3/answers.js';
import { makeScratch } from '../../rig/scratch.js';
import { configOf, SMALL_OBJECTS } from '../../rig/site.js';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const FRANKFURT = { 'x-amz-bucket-region': 'eu-central-1' };

interface Case {
  readonly title: string;
  readonly answer: Answer;
  readonly code: string;
  readonly says: RegExp;
}

/** Errors as https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html has them. */
const CASES: readonly Case[] = [
  {
    title: 'a session that has expired',
    answer: { status: 400, body: errorXml('ExpiredToken', 'The provided token has expired.') },
    code: 'STORE_CREDENTIALS_EXPIRED',
    says: /next: renew the session/,
  },
  {
    title: 'a secret that is wrong',
    answer: { status: 403, body: errorXml('SignatureDoesNotMatch', 'The signature differs.') },
    code: 'STORE_WRONG_KEY',
    says: /next: check the access key and its secret/,
  },
  {
    title: 'a key that nobody knows',
    answer: { status: 403, body: errorXml('InvalidAccessKeyId', 'The key does not exist.') },
    code: 'STORE_WRONG_KEY',
    says: /next: check the access key and its secret/,
  },
  {
    title: 'a right that is missing',
    answer: { status: 403, body: errorXml('AccessDenied', 'Access Denied') },
    code: 'STORE_DENIED',
    says: /next: give this key the right/,
  },
  {
    title: 'a right that the key service refuses',
    answer: { status: 403, body: errorXml('AccessDenied', 'not authorized: kms:GenerateDataKey') },
    code: 'STORE_DENIED',
    says: /next: correct "server-side-encryption"/,
  },
  {
    title: 'another region, by a redirection',
    answer: {
      status: 301,
      headers: FRANKFURT,
      body: errorXml('PermanentRedirect', 'Please send all future requests to this endpoint.'),
    },
    code: 'STORE_WRONG_REGION',
    says: /next: set "region" to "eu-central-1"/,
  },
  {
    title: 'another region, without a word of explanation',
    answer: { status: 301, headers: FRANKFURT },
    code: 'STORE_WRONG_REGION',
    says: /answers 301 and does not say why.*\n.*next: set "region" to "eu-central-1"/,
  },
  {
    title: 'another region, by its signature',
    answer: {
      status: 400,
      body: errorXml(
        'AuthorizationHeaderMalformed',
        "the region 'us-east-1' is wrong; expecting 'eu-central-1'",
        '<Region>eu-central-1</Region>',
      ),
    },
    code: 'STORE_WRONG_REGION',
    says: /next: set "region" to "eu-central-1"/,
  },
  {
    title: 'a clock that the store does not believe, after the SDK has tried to correct it',
    answer: { status: 403, body: errorXml('RequestTimeTooSkewed', 'The difference is too large.') },
    code: 'STORE_CLOCK_SKEWED',
    says: /next: set the clock of this host/,
  },
  {
    title: 'a bucket that is not there',
    answer: { status: 404, body: errorXml('NoSuchBucket', 'The bucket does not exist') },
    code: 'STORE_NO_BUCKET',
    says: /next: make the bucket/,
  },
  {
    title: 'a quota that is full',
    answer: { status: 403, body: errorXml('QuotaExceeded', 'No more.') },
    code: 'SINK_FULL',
    says: /next: raise the quota/,
  },
  {
    title: 'the console of a store',
    answer: { status: 200, headers: { 'content-type': 'text/html' }, body: '<html><p>Hello' },
    code: 'SINK_UNAVAILABLE',
    says: /does not speak S3 \(status 200, text\/html\)\s.*\n.*next: correct "endpoint"/,
  },
  {
    title: 'a proxy that forbids it',
    answer: { status: 403, headers: { 'content-type': 'text/html' }, body: '<html>No</html>' },
    code: 'SINK_UNAVAILABLE',
    says: /does not speak S3 \(status 403, text\/html\)\s.*\n.*next: correct "endpoint"/,
  },
];

describe('what is wrong with a store', () => {
  const directory = makeScratch();
  const config = join(directory, 'palhm.jsonc');
  const inherited = { ...process.env };
  afterEach(() => setEnvironment(inherited));

  function write(param: Readonly<Record<string, unknown>>): void {
    const backup = { objects: SMALL_OBJECTS, param: { bucket: 'b', ...param } };
    writeFileSync(config, JSON.stringify(configOf('r', backup, 'aws-s3')));
  }

  /** Of the environment only where programs are. The SDK looks into that of its process. */
  function listBare(env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    setEnvironment({ PATH: inherited['PATH'], AWS_EC2_METADATA_DISABLED: 'true', ...env });
    return callPalhm(['-f', config, '-vvvv', 'list']);
  }

  for (const { title, answer, code, says } of CASES) {
    it(`says it: ${title}`, async () => {
      const store = await startAnswers(() => answer);
      const credentials = { 'access-key-id': 'AKIDEXAMPLE', 'secret-access-key': SECRET };
      write({ endpoint: store.endpoint, region: 'us-east-1', credentials });
      const ended = await listBare();
      await store.close();
      assert.equal(ended.code, 1);
      assert.match(ended.stderr, new RegExp(`^failed .* ${code}$`, 'm'));
      assert.match(ended.stderr, says);
      assert.ok(!ended.stderr.includes(SECRET) && !ended.stdout.includes(SECRET));
    });
  }

  it('says that there are no credentials, and does not try for long', async () => {
    write({ endpoint: 'http://127.0.0.1:9' });
    const startedAt = performance.now();
    const { code, stderr } = await listBare({ HOME: '' });
    assert.equal(code, 1);
    assert.match(stderr, / STORE_NO_CREDENTIALS\n {2}next: set "credentials" or "profile"/);
    assert.ok(performance.now() - startedAt < 10_000);
  });

  it('says that a profile has none, although the environment has some', async () => {
    write({ endpoint: 'http://127.0.0.1:9', profile: 'nope' });
    const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: SECRET };
    const { stderr } = await listBare({ HOME: directory, ...keys });
    assert.match(
      stderr,
      /^failed .* STORE_NO_CREDENTIALS\n {2}next: see whether the profile "nope"/,
    );
  });

  it('says that no region is given', async () => {
    write({});
    const { stderr } = await listBare({ HOME: directory });
    assert.match(stderr, /^failed {2}no region is given for s3:\/\/b\/r {2}STORE_WRONG_REGION\n/);
  });

  it('says which reference to a credential leads nowhere', async () => {
    const credentials = {
      'access-key-id': 'AKIDEXAMPLE',
      'secret-access-key': { file: join(directory, 'not-there') },
    };
    write({ endpoint: 'http://127.0.0.1:9', credentials });
    const { code, stderr } = await listBare();
    assert.equal(code, 1);
    assert.match(stderr, /cannot resolve \$\{file:.*not-there\}: ENOENT.* REFERENCE_UNRESOLVED/);
  });
});

function setEnvironment(env: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
}
