/**
 * A small S3 server in this process, for what no real server of the lab shows: lost answers, wrong regions, clocks that
 * differ, limits that only AWS has, errors on demand. Whatever a real server can show is tested on that.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import type { S3Server } from '../server.js';
import type { Answer } from './answer.js';
import { FakeBucket } from './bucket.js';
import { readCall } from './call.js';
import { goodRules, type Rules } from './rules.js';
import { serve } from './serve.js';

export interface S3Fake extends S3Server {
  /** To be changed at any time. */
  readonly rules: Rules;
  readonly buckets: Map<string, FakeBucket>;
  /** Every request so far. */
  readonly calls: readonly SeenCall[];
  /** How many connections are open. */
  connections(): Promise<number>;
}

export interface SeenCall {
  readonly operation: string;
  readonly key: string;
  /** By `performance.now()`. */
  readonly at: number;
}

const KEY = 'fake-key';
const OTHER_KEY = 'fake-other';

export async function startFake(rules: Partial<Rules> = {}): Promise<S3Fake> {
  const own = { ...goodRules(), ...rules };
  const buckets = new Map<string, FakeBucket>();
  const calls: SeenCall[] = [];
  const server = createServer((request, response) => {
    answerCall(request, response).catch(() => response.destroy());
  });

  async function answerCall(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request);
    calls.push({ operation: call.operation, key: call.key, at: performance.now() });
    const meeting = await own.meet(call, calls.length);
    if (meeting === 'hang') return;
    if (typeof meeting === 'object') return send(response, meeting, own);
    const answer = serve(buckets, call, own);
    if (meeting === 'lose') request.socket.destroy();
    else send(response, answer, own);
  }

  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: KEY, secretAccessKey: 'secret' };
  const client = new S3Client({ endpoint, credentials, region: own.region, forcePathStyle: true });
  return {
    endpoint,
    ...credentials,
    other: { accessKeyId: OTHER_KEY, secretAccessKey: 'secret' },
    state: '',
    client,
    rules: own,
    buckets,
    calls,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    stop: () =>
      new Promise((resolve) => {
        client.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, answer: Answer, rules: Rules): void {
  const date = new Date(Date.now() + rules.aheadMs).toUTCString();
  const length = { 'content-length': String(Buffer.byteLength(answer.body ?? '')) };
  response.writeHead(answer.status, {
    date,
    'x-amz-request-id': 'fake',
    ...length,
    ...answer.headers,
  });
  response.end(answer.body);
}
