/**
 * Connections that read a range of an object straight into memory that is used again. The client of Node makes a new buffer for
 * every 64 KiB, which costs more than the reading itself. Signing, repeating and every unusual answer are left to the SDK.
 */
import { type ConnectOpts, connect as connectPlain, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

/** A request that the SDK has signed. */
export interface SignedRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Landing {
  /** As long as the requested range. */
  readonly room: Uint8Array;
  /** Is called with the number of bytes that have just been received. */
  readonly onBytes: (count: number) => void;
  readonly signal: AbortSignal;
}

export interface RangeConnections {
  /** Resolves when the whole range was received. Undefined when the answer is not the range: then the SDK must ask. */
  get(request: SignedRequest, landing: Landing): Promise<Answer | undefined>;
  close(): void;
}

interface Connection {
  readonly socket: Socket;
  /** Receives the head of an answer, and with it the first bytes of the body. */
  readonly head: Buffer;
  exchange: Exchange | undefined;
}

interface Exchange {
  room(): Uint8Array;
  accept(count: number): void;
  fail(error: Error): void;
}

const HEAD_ROOM = 16 * 1024;
const CONNECT_MS = 10_000;

export function createRangeConnections(stallMs: number): RangeConnections {
  const all = new Set<Connection>();
  const idle: Connection[] = [];

  function take(request: SignedRequest): Connection {
    const known = idle.pop();
    if (known !== undefined && !known.socket.destroyed) return known;
    const made = openConnection(request, stallMs);
    all.add(made);
    made.socket.once('close', () => all.delete(made));
    return made;
  }

  return {
    async get(request, landing) {
      landing.signal.throwIfAborted();
      const connection = take(request);
      const { socket } = connection;
      const stop = (): void => void socket.destroy();
      landing.signal.addEventListener('abort', stop, { once: true });
      try {
        const answer = await exchangeOn(connection, request, landing);
        if (answer === undefined || answer.headers['connection'] === 'close') socket.destroy();
        else idle.push(connection);
        return answer;
      } catch (error) {
        socket.destroy();
        landing.signal.throwIfAborted();
        throw error;
      } finally {
        landing.signal.removeEventListener('abort', stop);
      }
    },
    close() {
      for (const { socket } of all) socket.destroy();
    },
  };
}

function openConnection(request: SignedRequest, stallMs: number): Connection {
  const isTls = request.protocol === 'https:';
  const host = request.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = request.port ?? (isTls ? 443 : 80);
  const head = Buffer.allocUnsafeSlow(HEAD_ROOM);
  let connection: Connection | undefined;
  const onread = {
    // Node asks for the next buffer right after each read, so an answer may begin before it is expected.
    buffer: () => connection?.exchange?.room() ?? head,
    callback(count: number) {
      // Bytes without a request.
      if (connection?.exchange === undefined) socket.destroy();
      else connection.exchange.accept(count);
      return true;
    },
  };
  const servername = isIP(host) === 0 ? { servername: host } : {};
  // `onread` is documented for both, but the type declarations have it only for the plain one.
  const options: ConnectionOptions & ConnectOpts & { host: string; port: number } = {
    host,
    port,
    onread,
    ...servername,
  };
  const socket = isTls ? connectTls(options) : connectPlain(options);
  connection = { socket, head, exchange: undefined };
  const fail = (error: Error): void => connection.exchange?.fail(error);
  socket.setNoDelay(true);
  socket.setTimeout(CONNECT_MS, () => socket.destroy(stalled()));
  socket.once(isTls ? 'secureConnect' : 'connect', () => socket.setTimeout(stallMs));
  socket.on('error', fail);
  socket.once('close', () => fail(brokenOff()));
  return connection;
}

function exchangeOn(
  connection: Connection,
  request: SignedRequest,
  { room, onBytes }: Landing,
): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    const { head, socket } = connection;
    let answer: Answer | undefined;
    let filled = 0;

    function settle(outcome: Answer | undefined): void {
      connection.exchange = undefined;
      resolve(outcome);
    }

    function acceptBody(count: number): void {
      filled += count;
      if (count > 0) onBytes(count);
      if (filled === room.length) settle(answer);
    }

    function acceptHead(count: number): void {
      filled += count;
      const end = head.subarray(0, filled).indexOf('\r\n\r\n');
      if (end === -1 && filled < HEAD_ROOM) return;
      answer = parseHead(head.toString('latin1', 0, Math.max(0, end)));
      const body = head.subarray(end + 4, filled);
      if (!isWanted(answer, room.length) || body.length > room.length) {
        settle(undefined);
        return;
      }
      room.set(body);
      filled = 0;
      acceptBody(body.length);
    }

    connection.exchange = {
      room: () => (answer === undefined ? head.subarray(filled) : room.subarray(filled)),
      accept: (count) => (answer === undefined ? acceptHead(count) : acceptBody(count)),
      fail: reject,
    };
    socket.write(renderRequest(request), 'latin1');
  });
}

function isWanted({ statusCode, headers }: Answer, length: number): boolean {
  return statusCode === 206 && headers['content-length'] === String(length);
}

function parseHead(text: string): Answer {
  const [first = '', ...lines] = text.split('\r\n');
  const statusCode = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0);
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { statusCode, headers: Object.fromEntries(headers) };
}

function renderRequest({ path, query, headers }: SignedRequest): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path}${renderQuery(query)} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

function renderQuery(query: SignedRequest['query']): string {
  const pairs = Object.entries(query ?? {}).map(
    ([name, value]) => `${escape(name)}=${escape(String(value))}`,
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** Escapes like the signature: RFC 3986. */
function escape(text: string): string {
  const hex = (character: string): string =>
    `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, hex);
}

/** The SDK repeats the request after this error, and after the next one. */
function brokenOff(): Error {
  const message = 'the connection ended in the middle of an object';
  return Object.assign(new Error(message), { code: 'ECONNRESET' });
}

function stalled(): Error {
  const error = new Error('nothing came on the connection for too long');
  return Object.assign(error, { name: 'TimeoutError', code: 'ETIMEDOUT' });
}
