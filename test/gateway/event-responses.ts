import { Writable } from 'node:stream';
import { EventResponse } from '../../src/gateway/event-response.ts';

/* A watcher that does not read, for the tests and for planted bugs. */

/** A response whose other side takes nothing: as with Node.js, a write after the end ends it. */
class UnreadResponse extends Writable {
  constructor() {
    super({ highWaterMark: 10 });
  }

  override _write(): void {}
}

/** What is told to somebody who does not read: the first thing that is wrong with it. */
export function checkEventResponses(): string | undefined {
  const response = new UnreadResponse();
  // It writes to a response of Node.js, of which this is the part that counts.
  const reader = new EventResponse(response as never, 5);
  reader.write('a'.repeat(100));
  reader.write('b'.repeat(100));
  if (reader.backlogBytes !== 200) return `${reader.backlogBytes} bytes wait, not 200`;
  reader.end('lagging', 'too slow');
  if (response.destroyed) return 'who is too slow has no time to read that';
  reader.ping();
  reader.end('again', 'by another timer');
  reader.write('late');
  const isOpen = !response.destroyed;
  response.destroy();
  return isOpen ? undefined : 'something is written after the last word';
}
