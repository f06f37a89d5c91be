/** A proxy in front of a store that does to some requests what a bad network and a bad night do to them. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * `cut` ends the connection in the middle of what is sent, `lose` when the answer comes, `stall` stops reading and keeps
 * the connection.
 */
export type Fault = 'none' | '500' | '503' | 'cut' | 'lose' | 'stall';

export interface FaultyProxy {
  readonly endpoint: string;
  /** How often each fault was done. */
  readonly done: Readonly<Record<Fault, number>>;
  close(): Promise<void>;
}

export interface ReadRequest {
  /** Of those that read an object. */
  readonly number: number;
  /** Empty for a whole object. */
  readonly range: string;
}

/**
 * `choose` is asked about every request; with `chooseRead` that is asked about those that read an object, and what it wants is
 * done in the middle of the answer.
 */
export async function startFaultyProxy(
  target: string,
  choose: (request: { readonly size: number }) => Fault,
  chooseRead?: (request: ReadRequest) => Fault | Promise<Fault>,
): Promise<FaultyProxy> {
  const { hostname, port } = new URL(target);
  const done = { none: 0, '500': 0, '503': 0, cut: 0, lose: 0, stall: 0 };
  let reads = 0;
  const read = async (range: string, incoming: IncomingMessage, answer: ServerResponse) => {
    reads += 1;
    const fault = (await chooseRead?.({ number: reads, range })) ?? 'none';
    done[fault] += 1;
    if (fault === '500' || fault === '503') refuse(incoming, answer, Number(fault));
    else forward(incoming, answer, { hostname, port, fault });
  };
  const server = createServer((incoming, answer) => {
    const { range = '' } = incoming.headers;
    if (chooseRead !== undefined && incoming.url?.includes('x-id=GetObject') === true) {
      void read(range, incoming, answer);
      return;
    }
    const size = Number(incoming.headers['content-length'] ?? 0);
    const fault = choose({ size });
    done[fault] += 1;
    if (fault === 'stall') return;
    if (fault === 'cut') cut(incoming);
    else if (fault === 'none' || fault === 'lose')
      forward(incoming, answer, { hostname, port, fault });
    else refuse(incoming, answer, Number(fault));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port: own } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${own}`,
    done,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** In the middle of what is sent, if anything is. */
function cut(incoming: IncomingMessage): void {
  incoming.once('data', () => incoming.socket.destroy());
  incoming.once('end', () => incoming.socket.destroy());
}

/** The headers go on as they are: the host among them is part of what was signed. */
export function forward(
  incoming: IncomingMessage,
  answer: ServerResponse,
  { fault, ...to }: { readonly hostname: string; readonly port: string; readonly fault: Fault },
): void {
  const { method, url: path, headers } = incoming;
  const onward = request({ ...to, method, path, headers }, (response) => {
    if (fault === 'lose') {
      response.resume();
      answer.destroy();
      return;
    }
    answer.writeHead(response.statusCode ?? 502, response.headers);
    if (fault === 'none') response.pipe(answer);
    else breakOff(response, answer, fault);
  });
  onward.on('error', () => answer.destroy());
  incoming.on('error', () => onward.destroy());
  incoming.pipe(onward);
}

/** After a first piece of the body nothing comes, or the connection ends. */
function breakOff(response: IncomingMessage, answer: ServerResponse, fault: Fault): void {
  response.once('data', (bytes: Buffer) => {
    response.destroy();
    answer.write(bytes, () => {
      if (fault === 'cut') answer.socket?.destroy();
    });
  });
}

function refuse(incoming: IncomingMessage, answer: ServerResponse, status: number): void {
  incoming.resume();
  incoming.once('end', () => {
    const code = status === 503 ? 'SlowDown' : 'InternalError';
    answer.writeHead(status, { 'content-type': 'application/xml' });
    answer.end(
      `<?xml version="1.0"?><Error><Code>${code}</Code><Message>a fault</Message></Error>`,
    );
  });
}
