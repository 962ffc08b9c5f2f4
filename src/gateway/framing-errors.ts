import { randomUUID } from 'node:crypto';
import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { answerHeaders } from './foreign-pages.ts';
import { type Problem, problemOf, type RequestProblemCode } from './problem.ts';

type FramingError = Error & { readonly code?: string; readonly reason?: string };

const words: Readonly<Record<string, readonly [RequestProblemCode, string, string]>> = {
  HPE_HEADER_OVERFLOW: [
    'headersTooLarge',
    'the headers are larger than 16 KiB together',
    'Send what is large as the body.',
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [
    'badRequest',
    'the extensions of the chunks are too large',
    'Send the body without any.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [
    'requestTimeout',
    'the request did not arrive whole in time',
    'Send it again, all of it at once.',
  ],
};

/** What is no request, or never becomes one, is answered as every other mistake. */
export function answerFramingErrors(server: Server): void {
  const underWay = new WeakMap<Duplex, ServerResponse>();
  server.on('request', ({ socket }, response) => underWay.set(socket, response));
  server.on('clientError', (error: FramingError, socket) => {
    // In the middle of another answer nothing can be said.
    const isAnswering = underWay.get(socket)?.headersSent === true;
    const isMidway = isAnswering && underWay.get(socket)?.writableFinished === false;
    if (error.code === 'ECONNRESET' || !socket.writable || isMidway) socket.destroy();
    else socket.end(answerText(problemFor(error)));
  });
}

function problemFor({ code = '', reason, message }: FramingError): Problem {
  const [name, detail, hint] = words[code] ?? [
    'badRequest',
    `what was sent is no HTTP request (${reason ?? message})`,
    'Send HTTP/1.1, as curl does; there is no HTTPS here yet.',
  ];
  return problemOf({ code: name, detail, hint, outcome: 'rejected', request: randomUUID() });
}

/** The whole answer as it goes over the wire: there is no request to which it could belong. */
export function answerText(problem: Problem, more: Readonly<Record<string, string>> = {}): string {
  const body = JSON.stringify(problem);
  const headers = {
    ...answerHeaders,
    ...more,
    'Content-Type': 'application/problem+json',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const status = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Error'}`;
  return `${[status, ...lines].join('\r\n')}\r\n\r\n${body}`;
}
