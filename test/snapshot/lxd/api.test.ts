/** A daemon that does not answer: nothing waits for it without end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type Api, isUnreachable, openApi } from '../../../src/snapshot/lxd/api.js';
import { makeScratch } from '../../rig/scratch.js';

const ANSWER_MS = 1500;
const work = { method: 'POST', path: '/1.0/instances', body: {} } as const;

let asked: string[];
let server: Server;
let api: Api;
beforeEach(async () => {
  asked = [];
  server = createServer(({ url = '' }, response) => {
    asked.push(url);
    // An operation begins, and its end is not told.
    if (url === '/1.0/begun')
      response.end(JSON.stringify({ type: 'async', metadata: { id: 'x' } }));
  });
  const socket = join(makeScratch(), 'socket');
  server.listen(socket);
  await once(server, 'listening');
  api = await openApi(socket, undefined, ANSWER_MS);
});
afterEach(async () => {
  await api.close();
  server.closeAllConnections();
  server.close();
});

test('is one that cannot be reached, after a while', async () => {
  for (const asking of [
    () => api.get('/1.0'),
    () => api.work(work),
    () => api.work({ ...work, path: '/1.0/begun' }),
  ])
    await assert.rejects(asking, isUnreachable);
});

test('does not keep a run from being stopped', async () => {
  const stop = new AbortController();
  const working = api.work({ ...work, path: '/1.0/begun' }, stop.signal);
  const ended = assert.rejects(working, /enough/);
  while (asked.length < 2) await once(server, 'request');
  stop.abort(new Error('enough'));
  await ended;
});
