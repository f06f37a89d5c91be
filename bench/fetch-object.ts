/** Reads one object of a copy into a pipe, as a restore does: node fetch-object.js ENDPOINT BUCKET KEY-OF-COPY PATH */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parsePrefix } from '../src/copy/prefix.js';
import { createS3Sink } from '../src/sink/aws-s3/s3-sink.js';
import { s3Plan } from '../test/rig/s3/server.js';
import { contextOf } from '../test/rig/sinks.js';

const [endpoint = '', bucket = '', name = '', path = ''] = process.argv.slice(2);
const plan = s3Plan(
  {
    endpoint,
    accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? '',
  },
  { bucket },
);
const sink = await createS3Sink(plan, contextOf());
const prefix = parsePrefix(name);
if (prefix === undefined) throw new Error(`not a prefix: ${name}`);
const stored = sink.stored(prefix);
const reader = await stored.read([path]);
const reading = spawn('cat', { stdio: [reader.fd, 'ignore', 'inherit'] });
reader.handOver();
await once(reading, 'close');
await reader.finish();
await stored.close();
