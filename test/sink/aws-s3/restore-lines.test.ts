/** What `restore --print` and `show` print of a copy in a bucket: made of where the copy is, not of what its manifest says. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { callPalhm } from '../../rig/palhm.js';
import { heldBody } from '../../rig/s3/fake/body.js';
import { readObject } from '../../rig/s3/server.js';
import { ROOT } from '../../rig/s3/site.js';
import { openS3Stand, type S3Stand } from '../../rig/s3/stand.js';

const OBJECT = { path: 'a b', stages: ['echo text', 'cat'] };

describe('the lines of a copy in a bucket', () => {
  let stand: S3Stand;
  let key: string;
  let base: string;
  before(async () => {
    stand = await openS3Stand();
    stand.site.write({ objects: [OBJECT] });
    const { code, stderr } = await stand.run();
    assert.equal(code, 0, stderr);
    const [prefix = ''] = await stand.listWhole();
    base = `${ROOT}/${prefix}/`;
    key = `${base}.palhm-manifest.json`;
  });
  after(() => stand.close());

  async function lineInManifest(): Promise<string> {
    const text = (await readObject(stand.fake, stand.bucket, key)).toString();
    return JSON.parse(text).objects[0].restore;
  }

  async function writeLine(line: string): Promise<void> {
    const manifest = JSON.parse((await readObject(stand.fake, stand.bucket, key)).toString());
    manifest.objects[0].restore = line;
    const body = heldBody(Buffer.from(JSON.stringify(manifest)));
    const object = { body, modified: new Date(), storageClass: 'STANDARD' };
    stand.fake.buckets.get(stand.bucket)?.put(key, object);
  }

  async function printed(command: string): Promise<string> {
    const { config } = stand.site;
    const more = command === 'restore' ? ['--print'] : ['latest'];
    const ended = await callPalhm(['-f', config, command, 'backup', ...more]);
    assert.equal(ended.code, 0, ended.stderr);
    return ended.stdout;
  }

  function fetching(): string {
    const url = `'s3://${stand.bucket}/${base}a b'`;
    return `aws s3 cp ${url} - --endpoint-url ${stand.fake.endpoint}`;
  }

  it('stay as they are wherever the copy is', async () => {
    assert.equal(await lineInManifest(), "cat <'a b'");
  });

  it('are printed with what fetches the object', async () => {
    assert.equal(await printed('restore'), `# a b\n${fetching()}\n`);
    assert.ok((await printed('show')).endsWith(`\nto restore:\n  ${fetching()}\n`));
  });

  it('of an earlier version are believed, but fetch from where the copy is', async () => {
    await writeLine('aws s3 cp s3://elsewhere/copy/object - --region eu-central-1');
    assert.equal(await printed('restore'), `# a b\n${fetching()}\n`);
    assert.ok((await printed('show')).endsWith(`\nto restore:\n  ${fetching()}\n`));
  });

  it('that somebody has put there are not', async () => {
    await writeLine('aws s3 cp s3://elsewhere/copy/object - ; reboot');
    assert.match(await printed('restore'), /^# a b: NOT what its stages ask for/m);
  });
});
