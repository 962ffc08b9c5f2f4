import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answerHeaders } from './foreign-pages.ts';
import { answerFramingErrors } from './framing-errors.ts';
import { problemOf } from './problem.ts';

export type DoorLimits = {
  /** Connections that are served at a time. */
  readonly connectionsMax: number;
  /** Headers that are not here by then never come. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** A connection on which nothing moves, either way. */
  readonly silenceMs: number;
};

export const doorLimits: DoorLimits = {
  connectionsMax: 4096,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 120_000,
  silenceMs: 120_000,
};

/** More than are served: they are told so; and beyond these, nobody is even told. */
const spareConnections = 64;
const farewellMs = 1000;
const retryAfterSeconds = 1;
/** Node looks every 30 s by default, whatever the timeouts say. */
const looksPerTimeout = 10;

/** An HTTP server that no number of connections, and no slow one, can wear down. */
export function createDoor(handle: RequestListener, limits: DoorLimits = doorLimits): Server {
  const turnedAway = new WeakSet<Socket>();
  const server = createServer(
    {
      requireHostHeader: false,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.ceil(limits.headersTimeoutMs / looksPerTimeout),
    },
    (request, response) => {
      if (turnedAway.has(request.socket)) turnAway(response, limits.connectionsMax);
      else handle(request, response);
    },
  );
  server.maxConnections = limits.connectionsMax + spareConnections;
  server.timeout = limits.silenceMs;
  let open = 0;
  server.on('connection', socket => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
    if (open <= limits.connectionsMax) return;
    turnedAway.add(socket);
    const timer = setTimeout(() => socket.destroy(), farewellMs);
    socket.once('close', () => clearTimeout(timer));
  });
  answerFramingErrors(server);
  return server;
}

function turnAway(response: ServerResponse, connectionsMax: number): void {
  const problem = problemOf({
    code: 'tooManyConnections',
    detail: `${connectionsMax} connections are open already`,
    hint: 'Close some, or raise limits.httpConnectionsMax in the configuration.',
    outcome: 'rejected',
    request: randomUUID(),
  });
  response.writeHead(problem.status, {
    ...answerHeaders,
    'Content-Type': 'application/problem+json',
    'Retry-After': String(retryAfterSeconds),
    Connection: 'close',
  });
  response.end(JSON.stringify(problem));
}
