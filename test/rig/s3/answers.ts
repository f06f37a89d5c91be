/** A store that gives one and the same answer to whatever it is asked: for what no server in the lab would say. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface AnsweringStore {
  readonly endpoint: string;
  /** What it was asked, in order. */
  readonly requests: readonly { readonly line: string; readonly headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

/** `answer` may look at the number of the request, from 1 on, and at its headers. */
export async function startAnswers(
  answer: (number: number, headers: IncomingHttpHeaders) => Answer,
): Promise<AnsweringStore> {
  const requests: { line: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming;
    requests.push({ line: `${method} ${url}`, headers });
    incoming.resume();
    incoming.once('end', () => {
      const { status, headers: more = {}, body = '' } = answer(requests.length, headers);
      outgoing.writeHead(status, { 'content-type': 'application/xml', ...more });
      outgoing.end(body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An error as S3 documents it. */
export function errorXml(code: string, message: string, more = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message>${more}<RequestId>4442587FB7D0A2F9</RequestId></Error>`;
}
