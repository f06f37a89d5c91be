/** `palhm mods`: what is built in. */
import { renderModules } from '../render/modules-text.js';

const BACKENDS = [
  { name: 'localfs', description: 'a directory, also on NFS or Samba' },
  { name: 'aws-s3', description: 'a bucket, on AWS or any store that speaks S3' },
  { name: 'null', description: 'nowhere: runs the pipelines and throws their output away' },
];

export function mods({ json }: { readonly json: boolean }): void {
  process.stdout.write(
    renderModules({ backends: BACKENDS, snapshotProviders: [], notifiers: [] }, { json }),
  );
}
