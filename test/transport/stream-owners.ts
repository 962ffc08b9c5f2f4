import { EventEmitter } from 'node:events';
import type { Message } from '../../src/consensus/types.ts';
import { InboundStreams } from '../../src/transport/inbound-streams.ts';
import { writeEnvelope } from '../../src/transport/wire-gossip.ts';
import { type Demand, unmetOf } from '../consensus/demand.ts';
import { clusterId, directoryOf, fact, messageTo0, nodeId } from '../consensus/fixtures.ts';

/* Who may take over the streams of a peer: for the tests, and for planted bugs. */

/** The streams of n0, whose members are n0, n1 and n2 with the directories of their names. */
export function streamsOf0() {
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
  return { inbound, handlers: inbound.handlers(), received };
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

export const wireOf = (owner: string, directory = owner) => {
  const own = fact(owner, { directoryId: directoryOf(directory) });
  // As the decoder gives it.
  const envelope = messageTo0({ type: 'requestVote' }, [own]).envelope;
  return { ...writeEnvelope(envelope), config: null };
};

/** A peer of n0 opens a stream, and says in its first message who it is. */
function openers() {
  const { handlers, received } = streamsOf0();
  const open = (owner: string, directory = owner): FakeCall => {
    const call = new FakeCall();
    handlers.Heartbeat(call as never);
    call.emit('data', { envelope: wireOf(owner, directory), probeMs: 1 });
    return call;
  };
  return { open, received };
}

export const streamOwners: readonly Demand[] = [
  {
    title: 'a stream of a member is taken over by that member only, not by who has its name',
    holds: () => {
      const { open, received } = openers();
      const first = open('n1');
      const stranger = open('n1', 'elsewhere');
      const isRefused = /n1 is connected with another data directory/.test(stranger.problem ?? '');
      // The answer to it would go to the member, with a moment of another clock.
      return isRefused && !first.isEnded && received.length === 1;
    },
  },
  {
    title: 'a newer stream of the same server takes the place of the older one',
    holds: () => {
      const { open } = openers();
      const first = open('n1');
      return open('n1').problem === undefined && first.isEnded;
    },
  },
  {
    title: 'the name is free when the member has gone, and the member comes back',
    holds: () => {
      const { open } = openers();
      open('n1').emit('end');
      return open('n1', 'elsewhere').problem === undefined && open('n1').problem === undefined;
    },
  },
  {
    title: 'a vote is told to who waits for it, not to a call that was given up unanswered',
    holds: () => {
      const { inbound, handlers } = streamsOf0();
      const answered: string[] = [];
      const ask = (name: string): EventEmitter => {
        const call = Object.assign(new EventEmitter(), {
          getPeer: () => 'somewhere',
          request: { envelope: wireOf('n1') },
        });
        handlers.RequestVote(call as never, error => {
          if (error === null) answered.push(name);
        });
        return call;
      };
      for (const name of ['first', 'second']) ask(name).emit('cancelled');
      ask('third');
      const { envelope } = messageTo0({ type: 'requestVote' }, [fact('n1')]);
      const reply = { ...envelope, to: nodeId('n1') };
      inbound.reply({ envelope: reply, body: { type: 'requestVoteReply' } });
      return answered.join() === 'third';
    },
  },
];

export const checkStreamOwners = (): string[] => unmetOf(streamOwners);
