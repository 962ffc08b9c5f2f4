import { once } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';

/** Writes, and waits while the other side is slower than we are: nothing piles up. */
export async function write<Reply>(
  call: ServerWritableStream<unknown, Reply>,
  reply: Reply,
): Promise<void> {
  if (call.cancelled) throw new Error('it is not wanted any more');
  if (call.write(reply)) return;
  const over = new AbortController();
  const { signal } = over;
  await Promise.race([
    once(call, 'drain', { signal }),
    once(call, 'cancelled', { signal }),
  ]).finally(() => over.abort());
}
