/**
 * The aws-s3 backend against real servers: the Ceph gateway as the full one, Swift's S3 API as the strict, partial other
 * provider. Debian packages: ceph-mon ceph-osd radosgw ceph-common, swift swift-proxy swift-account swift-container swift-object.
 */
import { after, before, describe } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { remainsOf } from '../rig/s3/bucket.js';
import { makeBucket, readObject, type S3Server, s3Plan } from '../rig/s3/server.js';
import { describeSink } from '../sink/contract.js';
import type { SinkRig } from '../sink/contract-rig.js';
import { whyNoLab } from './lab.js';
import { type S3Kind, startS3 } from './s3-servers.js';

const wanted = process.env['PALHM_S3_KINDS']?.split(',');

for (const kind of ['rgw', 'swift-s3'] satisfies S3Kind[]) {
  const skip =
    whyNoLab(`${kind}-start.sh`) || (wanted?.includes(kind) === false && 'not asked for');
  describe(`aws-s3 on ${kind}`, { skip }, () => {
    let server: S3Server;
    before(async () => {
      server = await startS3(kind);
    });
    after(() => server.stop());
    describeSink(`aws-s3 on ${kind}`, () => makeRig(server));
  });
}

async function makeRig(server: S3Server): Promise<SinkRig> {
  const bucket = await makeBucket(server);
  const root = 'not/there yet/a';
  return {
    plan: s3Plan(server, { bucket, root }),
    sibling: s3Plan(server, { bucket, root: `${root}b` }),
    read: (prefix, path) => readObject(server, bucket, `${root}/${prefix}/${path}`),
    async put(prefix, path, Body) {
      const Key = `${root}/${prefix}/${path}`;
      await server.client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    },
    remains: () => remainsOf(server, bucket, root),
    cleanup: async () => undefined,
  };
}
