/** An upload of one small part, to try each request of an upload by itself. */
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { urlOf } from '../bucket/store.js';
import { asStoreFailure } from '../client/s3-failure.js';
import { abortUpload, classOf, type ObjectTarget } from '../upload/uploads.js';

export interface ProbeUpload {
  /** Begins the upload and sends its part. */
  send(text: string): Promise<void>;
  complete(): Promise<void>;
  abort(): Promise<void>;
}

export function createProbeUpload(target: ObjectTarget): ProbeUpload {
  const { store, key } = target;
  const at = { Bucket: store.bucket, Key: key };
  const name = urlOf(store, key);
  let UploadId: string | undefined;
  let ETag: string | undefined;
  return {
    async send(text) {
      const create = new CreateMultipartUploadCommand({ ...at, ...classOf(target) });
      const begun = await asStoreFailure(`begin to write ${name}`, () => store.client.send(create));
      UploadId = begun.UploadId;
      const part = new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: text });
      const sent = await asStoreFailure(`write part 1 of ${name}`, () => store.client.send(part));
      ETag = sent.ETag;
    },
    async complete() {
      const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] };
      const command = new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload });
      await asStoreFailure(`complete ${name}`, () => store.client.send(command));
    },
    async abort() {
      if (UploadId !== undefined) await abortUpload(store, { key, id: UploadId });
    },
  };
}
