/** A proxy in front of a store that answers some requests itself. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { S3Server } from '../rig/s3/server.js';
import { forward } from './faulty-proxy.js';

export interface Answer {
  readonly status: number;
  /** XML. */
  readonly body: string;
}

/** Does the work with the store behind the proxy; what `answer` leaves undefined goes on to the store. */
export async function withLyingProxy<T>(
  server: S3Server,
  answer: (request: IncomingMessage) => Answer | undefined,
  work: (endpoint: string) => Promise<T>,
): Promise<T> {
  const { hostname, port } = new URL(server.endpoint);
  const proxy = createServer((incoming, outgoing) => {
    const own = answer(incoming);
    if (own === undefined) return forward(incoming, outgoing, { hostname, port, fault: 'none' });
    incoming.resume();
    incoming.once('end', () => {
      outgoing.writeHead(own.status, { 'content-type': 'application/xml' });
      outgoing.end(`<?xml version="1.0"?>${own.body}`);
    });
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve);
  });
  try {
    return await work(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  } finally {
    proxy.close();
    proxy.closeAllConnections();
  }
}
