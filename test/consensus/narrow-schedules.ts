import { nextIncarnation } from '../../src/consensus/incarnation.ts';
import { holds, lastPosition } from '../../src/consensus/log.ts';
import type { Replica } from '../../src/consensus/replica.ts';
import type {
  Config,
  Effect,
  Fact,
  Position,
  Remembered,
  Term,
} from '../../src/consensus/types.ts';
import { type Demand, unmetOf } from './demand.ts';
import {
  at,
  directoryOf,
  entriesOf,
  fact,
  happen,
  hear,
  makeLeader,
  messageTo0,
  missLeader,
  moment,
  nodeId,
  ofType,
  persistAll,
  receive,
  replica,
  threeServers,
  timings,
  told,
} from './fixtures.ts';

/*
 * Rules of which only a narrow schedule shows that they are broken: several things that seldom
 * happen must come together, and no random run may be relied on to meet them. Each schedule here
 * is played through, for the tests and for planted bugs.
 */

const rememberedIn = (effects: readonly Effect[]): Partial<Remembered> =>
  Object.assign({}, ...ofType(effects, 'remember').map(({ what }) => what));

/** All facts of others get later and later numbers. */
let sequence = 1000;
const news = (owner: string, fields: Parameters<typeof fact>[1] = {}): Fact => {
  sequence += 1;
  return fact(owner, { sequence, ...fields });
};

function beat(server: Replica, nowMs: number): Effect[] {
  server.heartbeatDeadline = moment(nowMs);
  return happen(server, nowMs, { type: 'tick' });
}

/** n1 leads, and n0 asks it for the log. */
function pullFromLeader(server: Replica, nowMs: number, term: number, last: Position): void {
  const leader = { term, role: 'leader', leader: nodeId('n1'), last } as const;
  const answer = { type: 'heartbeatReply', staleMs: undefined, upTo: at(0, 0) } as const;
  receive(server, nowMs, { ...answer, probeMs: nowMs - 1 }, news('n1', leader));
}

/** n1, which leads, sends entries of these terms behind a position. */
function deliver(
  server: Replica,
  nowMs: number,
  prev: Position,
  terms: readonly number[],
): Effect[] {
  const entries = entriesOf(terms, prev.index + 1);
  const term = terms.at(-1) ?? 0;
  const { pullId = 0 } = server.pulling.stream ?? {};
  const batch = { type: 'pullBatch', pullId, prev, entries, sourceLast: at(term, 99) } as const;
  const leader = { term, role: 'leader', leader: nodeId('n1') } as const;
  return receive(server, nowMs, { ...batch, path: [nodeId('n1')] }, news('n1', leader));
}

/** n0 of term 1 wins term 2 with the vote of n1, and holds its no-op durably. */
function electedWith(vote: Parameters<typeof fact>[1]): Replica {
  const server = replica({ term: 1, remembered: { leaseOwedMs: 0 } });
  missLeader(server, 2000);
  hear(server, 2000, news('n1', { term: 1, support: nodeId('n0') }));
  hear(server, 2000, news('n1', { term: 2, vote: nodeId('n0'), ...vote }));
  persistAll(server, 2001);
  return server;
}

const leases: readonly Demand[] = [
  {
    title: 'a new leader commits nothing before the longest lease is over that a voter told of',
    holds: () => {
      const server = electedWith({ olderLeaseMs: 500 });
      hear(server, 2010, news('n1', { term: 2, vote: nodeId('n0'), durable: at(2, 1) }));
      const isEarly = server.commit.index > 0;
      happen(server, 2000 + 500 * 1.05, { type: 'tick' });
      return server.role === 'leader' && !isEarly && server.commit.index === 1;
    },
  },
  {
    title: 'a restarted voter owes the longest lease that it has heard of, not that of its file',
    holds: () => {
      const longerMs = 5 * timings.leaseMs;
      const before = replica({ term: 1, remembered: { leaseOwedMs: 0 } });
      const seen = { term: 1 as Term, round: 1 };
      const leader = { term: 1, role: 'leader', leader: nodeId('n1'), seen } as const;
      const effects = hear(before, 100, news('n1', { ...leader, seenLeaseMs: longerMs }));
      const again = replica({ term: 1, remembered: rememberedIn(effects) });
      hear(again, 200, news('n2', { term: 2, role: 'candidate', last: at(9, 9) }));
      const owedMs = again.facts.get(nodeId('n0'))?.fact.olderLeaseMs;
      return again.vote === 'n2' && owedMs === longerMs - 200;
    },
  },
];

const acknowledgements: readonly Demand[] = [
  {
    title: 'a leader that hears of a later term leads no more, and counts nobody who lives in it',
    holds: () => {
      const server = replica({ terms: [1] });
      makeLeader(server, 1000);
      // It holds our entry, and may have elected somebody since who does not.
      hear(server, 1001, news('n1', { term: 3, durable: at(2, 2), vote: nodeId('n2') }));
      return server.role === 'follower' && server.term === 3 && server.commit.index === 0;
    },
  },
  {
    title: 'what the disk has done for a log of before says nothing of what stands there now',
    holds: () => {
      const server = replica({ terms: [1, 2] });
      pullFromLeader(server, 10, 2, at(2, 3));
      deliver(server, 20, at(2, 2), [2]);
      const generation = server.log.generation;
      // The write is under way when a later leader has other entries there.
      pullFromLeader(server, 30, 3, at(3, 3));
      deliver(server, 40, at(1, 1), [3, 3]);
      const isCut = lastPosition(server.log).term === 3 && server.log.lastIndex === 3;
      happen(server, 50, { type: 'persisted', logGeneration: generation, index: at(2, 3).index });
      const isUntouched = server.durableIndex === 1;
      persistAll(server, 60);
      return isCut && isUntouched && server.durableIndex === 3;
    },
  },
  {
    title: 'a snapshot takes the place of no log that has come further',
    holds: () => {
      const server = replica({ terms: [1, 1, 1] });
      // It is on its way while a leader tells how far it has committed.
      server.pulling.fetchingFrom = nodeId('n1');
      hear(server, 10, news('n1', { term: 1, commit: at(1, 3) }));
      happen(server, 20, { type: 'snapshotFetched', position: at(1, 2) });
      return server.commit.index === 3 && holds(server.log, at(1, 3));
    },
  },
];

/** Of term 3, made by n1: n0 is not in it. */
const withoutUs: Config = {
  ...threeServers,
  id: { term: 3 as Term, version: 9 },
  members: threeServers.members.filter(({ id }) => id !== 'n0'),
};

/** n1 tells n0 of a configuration. */
function learn(server: Replica, nowMs: number, config: Config): Effect[] {
  const body = { type: 'heartbeat', probeMs: 0 } as const;
  const { id } = config;
  const message = messageTo0(body, [news('n1', { term: id.term, configId: id })]);
  const envelope = { ...message.envelope, config };
  return happen(server, nowMs, { type: 'message', message: { ...message, envelope } });
}

/** n0 is removed; what is on its disk then. */
function leave(): { remembered: Partial<Remembered>; isGone: boolean } {
  const server = replica({ terms: [1] });
  learn(server, 10, withoutUs);
  for (const id of ['n1', 'n2']) {
    hear(server, 20, news(id, { term: 3, durable: at(3, 4), configId: withoutUs.id }));
  }
  const effects = beat(server, 30);
  const isGone = ofType(effects, 'removed').length > 0;
  return { remembered: rememberedIn(effects), isGone };
}

const members: readonly Demand[] = [
  {
    title: 'a server that has left knows it at its next start, whoever is there to say so',
    holds: () => {
      const { remembered, isGone } = leave();
      const again = replica({ terms: [1], term: 3, config: withoutUs, remembered });
      const events = told(beat(again, 10));
      return isGone && again.role === 'fresh' && events.includes('leftBefore');
    },
  },
  {
    title: 'a server that has left comes back by a later configuration, and by none of before',
    holds: () => {
      const remembered = { isDeparted: true };
      const server = replica({ terms: [1], term: 3, config: withoutUs, remembered });
      learn(server, 10, { ...threeServers, id: { term: 3 as Term, version: 8 } });
      const hasStayedAway = server.config === undefined;
      learn(server, 20, { ...threeServers, id: { term: 4 as Term, version: 1 } });
      return hasStayedAway && server.config !== undefined;
    },
  },
  {
    title:
      'a newcomer is named by what it says once it knows that it is awaited, not by older facts',
    holds: () => {
      const server = replica();
      makeLeader(server, 1000);
      const follow = (nowMs: number): Effect[] => {
        const { term, log, config } = server;
        const durable = at(term, log.lastIndex);
        return hear(server, nowMs, news('n1', { term, durable, configId: config?.id as never }));
      };
      follow(1010);
      const put = { type: 'put', id: nodeId('n3'), address: 'n3:1' } as const;
      happen(server, 1100, { type: 'changeMembers', id: 7, changes: [put] });
      // Of a directory that was given up long ago, and had been awaited in its time.
      const fresh = { role: 'fresh', configId: threeServers.id } as const;
      hear(server, 1105, news('n3', { ...fresh, directoryId: directoryOf('given-up') }));
      follow(1110);
      const isNamed = (): boolean => server.config?.members.at(-1)?.directoryId !== undefined;
      const isEarly = isNamed();
      hear(server, 1120, news('n3', { ...fresh, configId: server.config?.id as never }));
      const isOfName = server.config?.members.length === 4;
      return isOfName && !isEarly && isNamed();
    },
  },
];

/**
 * n0 comes up with three entries of what was more, and somebody answers its question: what it has
 * committed itself, and what it passes on.
 */
function recovering({
  commit,
  from = 'n1',
  upTo = commit,
}: {
  commit: Position;
  from?: 'n1' | 'n2';
  upTo?: Position;
}): Replica {
  const server = replica({ terms: [1, 1, 2], remembered: { isRecovering: true } });
  const saying = { term: 2, leader: nodeId('n1'), last: at(2, 4) } as const;
  hear(server, 50, news('n1', { ...saying, role: 'leader' }));
  const role = from === 'n1' ? 'leader' : 'follower';
  const answer = { type: 'heartbeatReply', probeMs: 55, staleMs: 0, upTo } as const;
  receive(server, 60, answer, news(from, { ...saying, role, commit }));
  return server;
}

const recovery: readonly Demand[] = [
  {
    title: 'that a log has lost a part is durable until it is whole again',
    holds: () => {
      const before = replica({ terms: [1, 1] });
      const own = { incarnation: 0, term: 1, durable: at(1, 3) };
      const effects = hear(before, 10, news('n1', { term: 1 }), news('n0', own));
      const again = replica({ terms: [1, 1], remembered: rememberedIn(effects) });
      hear(again, 10, news('n1', { term: 2, role: 'candidate', last: at(9, 9) }));
      return (
        before.recovery.isRecovering && again.recovery.isRecovering && again.vote === undefined
      );
    },
  },
  {
    title: 'a log that lost a part is whole when it holds durably what the leader had committed',
    holds: () => {
      const server = recovering({ commit: at(2, 4) });
      const isEarly = !server.recovery.isRecovering;
      deliver(server, 70, at(2, 3), [2]);
      const isVolatile = server.log.lastIndex === 4 && server.recovery.isRecovering;
      persistAll(server, 80);
      return !isEarly && isVolatile && !server.recovery.isRecovering;
    },
  },
  {
    title: 'what it holds already is enough if the leader had committed no more',
    holds: () => !recovering({ commit: at(2, 3) }).recovery.isRecovering,
  },
  {
    title: 'but a leader confirms nothing before it has committed an entry of its own term',
    holds: () => recovering({ commit: at(1, 2) }).recovery.isRecovering,
  },
  {
    title: 'nor does what it passes on, while its clock is not to be trusted, say how far it came',
    holds: () => recovering({ commit: at(2, 4), upTo: at(2, 3) }).recovery.isRecovering,
  },
  {
    title: 'nor does anybody but the leader',
    holds: () => recovering({ commit: at(2, 3), from: 'n2' }).recovery.isRecovering,
  },
];

/** What n0 does on hearing this of itself, and of a candidate that would have its vote. */
function hearOfItself(server: Replica, own: Parameters<typeof fact>[1]): Effect[] {
  const candidate = news('n1', { term: 5, role: 'candidate', last: at(9, 9) });
  return hear(server, 10, candidate, fact('n0', { incarnation: 1, sequence: 0, ...own }));
}

const hasStopped = (effects: readonly Effect[]): boolean =>
  ofType(effects, 'halt').length === 1 &&
  ofType(effects, 'persistVote').length + ofType(effects, 'send').length === 0;

/** What a message to the server tells it of itself. */
const knownOf = (id: string, effects: readonly Effect[]): Fact | undefined =>
  ofType(effects, 'send')
    .filter(({ message }) => message.envelope.to === id)
    .flatMap(({ message }) => message.envelope.facts)
    .find(({ fact: { owner } }) => owner === id)?.fact;

const copies: readonly Demand[] = [
  {
    title: 'an older copy that has stopped once stops at every start, however many boots it counts',
    holds: () => {
      const effects = hearOfItself(replica({ term: 5 }), { incarnation: 2, term: 5 });
      const again = replica({ term: 5, remembered: rememberedIn(effects) });
      return hasStopped(effects) && hasStopped(happen(again, 10, { type: 'tick' }));
    },
  },
  {
    title:
      'a copy whose boots have come as far is told by a vote, or a term, that it has forgotten',
    holds: () =>
      hasStopped(hearOfItself(replica({ term: 5 }), { term: 5, vote: nodeId('n2') })) &&
      hasStopped(hearOfItself(replica({ term: 4 }), { incarnation: 0, term: 5 })) &&
      !hasStopped(hearOfItself(replica({ term: 5, vote: 'n2' }), { term: 5, vote: nodeId('n2') })),
  },
  {
    title: 'what the others know of the boots of a server outlives their own restarts',
    holds: () => {
      const newest = nextIncarnation(4000, 0.5);
      const effects = hear(replica(), 10, news('n1', { incarnation: newest }));
      const again = replica({ remembered: rememberedIn(effects) });
      const greeting = happen(again, 10, { type: 'connected', peer: nodeId('n1') });
      const copy = { role: 'candidate', term: 3, last: at(2, 9) } as const;
      for (const draw of [0.4, 0.6]) {
        hear(again, 20, news('n1', { ...copy, incarnation: nextIncarnation(4000, draw) }));
      }
      const hasVoted = again.vote !== undefined;
      hear(again, 30, news('n1', { ...copy, incarnation: nextIncarnation(newest, 0) }));
      return knownOf('n1', greeting)?.incarnation === newest && !hasVoted && again.vote === 'n1';
    },
  },
  {
    title: 'a copy that speaks first is told all the same, whatever it has drawn',
    holds: () =>
      [0.4, 0.6].every(draw => {
        const server = replica();
        const newest = nextIncarnation(4000, 0.5);
        hear(server, 10, news('n1', { incarnation: newest }));
        happen(server, 20, { type: 'connected', peer: nodeId('n1') });
        const copy = news('n1', { incarnation: nextIncarnation(4000, draw) });
        const answer = receive(server, 30, { type: 'heartbeat', probeMs: 1 }, copy);
        return knownOf('n1', answer)?.incarnation === newest;
      }),
  },
  {
    title: 'a copy that counts as many boots as the original is told apart by what was drawn',
    holds: () => {
      const [own, other] = [nextIncarnation(4000, 0.9), nextIncarnation(4000, 0.1)];
      const server = replica({ incarnation: own });
      const same = hearOfItself(replica({ incarnation: own }), { incarnation: own });
      return hasStopped(hearOfItself(server, { incarnation: other })) && !hasStopped(same);
    },
  },
  {
    title: 'a log that reaches as far, and ends in an older term, has lost what was held there',
    holds: () => {
      const server = replica({ terms: [1, 1, 1, 1], term: 5, vote: 'n2' });
      hearOfItself(server, { incarnation: 0, term: 4, durable: at(4, 3) });
      return server.recovery.isRecovering;
    },
  },
];

export const narrowSchedules: readonly Demand[] = [
  ...leases,
  ...acknowledgements,
  ...members,
  ...recovery,
  ...copies,
];

export const checkNarrowSchedules = (): string[] => unmetOf(narrowSchedules);
