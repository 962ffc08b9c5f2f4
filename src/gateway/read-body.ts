import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import rawBody from 'raw-body';
import { RequestProblem } from './problem.ts';

/** How much more than the limit is read from a client that has sent too much. */
const discardFactor = 8;

/**
 * The bytes of a request's body, unpacked when it is gzip. The limit holds before and after: a
 * small body that unpacks to a large one is stopped on the way.
 */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new RequestProblem(
      'wrongContentType',
      `the content encoding "${encoding}" is not understood`,
      'Send the body as it is, or with Content-Encoding: gzip.',
    );
  }
  const isGzip = encoding === 'gzip';
  const length = isGzip ? null : (request.headers['content-length'] ?? null);
  try {
    if (!isGzip) return await rawBody(request, { limit: limitBytes, length });
    return await unpack(request, limitBytes);
  } catch (error) {
    discardRest(request, discardFactor * limitBytes);
    throw bodyProblem(error, limitBytes);
  }
}

/**
 * Reads on without keeping anything: a connection that is closed on a client that still sends is
 * reset, and the client never sees the answer. Who sends on and on is cut off.
 */
function discardRest(request: IncomingMessage, limitBytes: number): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limitBytes) request.destroy();
  });
  request.resume();
}

async function unpack(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const gunzip = createGunzip();
  request.on('error', error => gunzip.destroy(error));
  try {
    return await rawBody(request.pipe(gunzip) as Readable, { limit: limitBytes });
  } finally {
    request.unpipe(gunzip);
    gunzip.destroy();
  }
}

function bodyProblem(error: unknown, limitBytes: number): RequestProblem {
  const { type, code, message } = error as { type?: string; code?: string; message?: string };
  if (type === 'entity.too.large') {
    return new RequestProblem(
      'tooLarge',
      `the body is larger than ${limitBytes} bytes`,
      'Send smaller batches, or raise limits.bodyMaxBytes in the configuration.',
    );
  }
  const isBrokenGzip = code?.startsWith('Z_') === true;
  return new RequestProblem(
    'badBody',
    isBrokenGzip ? 'the body is not sound gzip' : `the body did not arrive whole (${message})`,
    'Send the whole body again.',
  );
}
