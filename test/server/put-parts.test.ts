import { EventEmitter } from 'node:events';
import test from 'ava';
import { clientService } from '../../src/server/client-service.ts';
import type { PutEntriesReply } from '../../src/transport/generated/gossipraft/PutEntriesReply.ts';
import { pieceMaxBytes, wholeMaxBytes } from '../../src/transport/pieces.ts';

const part = Buffer.alloc(pieceMaxBytes);
const partsOfWhole = wholeMaxBytes / pieceMaxBytes;

/** A stream of puts to a leader: what it was answered. */
function openers() {
  const cluster = { clusterId: 'an-id', clusterName: 'test' };
  const context = { cluster: () => cluster, host: { view: () => ({ role: 'leader' }) } };
  const handlers = clientService(context as never);
  return () => {
    const replies: PutEntriesReply[] = [];
    const call = Object.assign(new EventEmitter(), {
      sendMetadata: () => undefined,
      write: (reply: PutEntriesReply) => replies.push(reply),
      end: () => undefined,
      writableLength: 0,
    });
    handlers.PutEntries(call as never);
    const send = (place: number): boolean =>
      call.emit('data', {
        ...cluster,
        requestId: 1,
        commands: [part],
        piece: { offset: place * pieceMaxBytes, totalBytes: wholeMaxBytes },
      });
    return { send, replies, leave: () => call.emit('close') };
  };
}

test('parts for which there is no room are refused for now, not as something unknown', t => {
  const open = openers();
  // All but the last part of each, and then as many as the room still takes.
  const others = [1, 2, 3, 4].map(open);
  for (const { send } of others) {
    for (let place = 0; place < partsOfWhole - 1; place += 1) send(place);
  }
  const late = open();
  for (let place = 0; place < 5; place += 1) late.send(place);
  t.is(late.replies.length, 1);
  t.is(late.replies[0]?.refused?.reason, 'REFUSAL_OVERLOADED');
  late.send(0);
  t.is(late.replies.length, 1, 'what it had sent has left its room to the others');
  others[0]?.leave();
  for (let place = 1; place < 5; place += 1) late.send(place);
  t.is(late.replies.length, 1, 'there is room when others have gone');
});
