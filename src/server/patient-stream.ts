import { once } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';

/** Who takes nothing for so long is given up: what is held for it is held from others. */
const patienceMs = 30_000;

/** Writes, and waits while the other side is slower than we are: nothing piles up. */
export async function write<Reply>(
  call: ServerWritableStream<unknown, Reply>,
  reply: Reply,
): Promise<void> {
  if (call.cancelled) throw new Error('it is not wanted any more');
  if (call.write(reply)) return;
  const over = new AbortController();
  const { signal } = over;
  const timer = setTimeout(() => over.abort(), patienceMs);
  await Promise.race([once(call, 'drain', { signal }), once(call, 'cancelled', { signal })])
    .catch((error: Error) => {
      if (!signal.aborted) throw error;
      throw new Error(`the other side has taken nothing for ${patienceMs / 1000} s`);
    })
    .finally(() => {
      clearTimeout(timer);
      over.abort();
    });
}
