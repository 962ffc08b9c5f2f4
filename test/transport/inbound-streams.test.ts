import { EventEmitter } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import type { Message } from '../../src/consensus/types.ts';
import { InboundStreams } from '../../src/transport/inbound-streams.ts';
import { writeEnvelope } from '../../src/transport/wire-gossip.ts';
import { clusterId, directoryOf, fact, messageTo0, nodeId } from '../consensus/fixtures.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const usedBytes = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

/** The streams of n0, whose members are n0, n1 and n2 with the directories of their names. */
function streamsOf0() {
  const received: Message[] = [];
  const inbound = new InboundStreams(
    {
      cluster: () => ({ clusterId, clusterName: 'test' }),
      self: nodeId('n0'),
      isMember: ({ id, directoryId }) =>
        ['n0', 'n1', 'n2'].includes(id) && directoryId === directoryOf(id),
    },
    {
      received: message => received.push(message),
      connected: () => undefined,
      disconnected: () => undefined,
      foreign: () => undefined,
      refused: () => undefined,
    },
    () => undefined,
  );
  return { handlers: inbound.handlers(), received };
}

/** A stream that a peer has opened: what it was told, and why it ended. */
class FakeCall extends EventEmitter {
  isEnded = false;
  problem: string | undefined;
  readonly writableLength = 0;

  constructor() {
    super();
    this.on('error', ({ details }: { details: string }) => {
      this.problem = details;
    });
  }

  sendMetadata(): void {}
  getPeer = (): string => 'somewhere';
  end(): void {
    this.isEnded = true;
  }
}

const wireOf = (owner: string, directory = owner) => {
  const own = fact(owner, { directoryId: directoryOf(directory) });
  // As the decoder gives it.
  const envelope = messageTo0({ type: 'requestVote' }, [own]).envelope;
  return { ...writeEnvelope(envelope), config: null };
};

test('a stream of a member is taken over by that member only, not by who has its name', t => {
  const { handlers, received } = streamsOf0();
  const open = (owner: string, directory = owner): FakeCall => {
    const call = new FakeCall();
    handlers.Heartbeat(call as never);
    call.emit('data', { envelope: wireOf(owner, directory), probeMs: 1 });
    return call;
  };
  const first = open('n1');
  const stranger = open('n1', 'elsewhere');
  t.regex(stranger.problem ?? '', /n1 is connected with another data directory/);
  t.false(first.isEnded);
  t.is(received.length, 1, 'the answer would go to the member, with a moment of another clock');
  const second = open('n1');
  t.true(first.isEnded, 'a newer one of the same server takes its place');
  second.emit('end');
  t.is(open('n1', 'elsewhere').problem, undefined, 'the member has gone');
  t.is(open('n1').problem, undefined, 'and comes back');
});

test('nothing is kept of strangers that ask for a vote', t => {
  const { handlers, received } = streamsOf0();
  let answered = 0;
  const before = usedBytes();
  for (let count = 0; count < 20_000; count += 1) {
    const call = { getPeer: () => 'somewhere', request: { envelope: wireOf(`stranger${count}`) } };
    handlers.RequestVote(call as never, error => {
      if (error !== null) answered += 1;
    });
  }
  t.is(answered, 20_000, 'each has its answer at once');
  received.length = 0;
  const grownBytes = usedBytes() - before;
  t.true(grownBytes < 2 * 1024 * 1024, `${grownBytes} bytes are kept`);
  t.is(typeof handlers.RequestVote, 'function', 'the streams are still there');
});
