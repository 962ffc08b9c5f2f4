import { unreachable } from '../assert.ts';
import { countMax, leaseMaxMs } from '../words.ts';
import type { Replica } from './replica.ts';
import type {
  Entry,
  Envelope,
  Fact,
  Message,
  MessageBody,
  MonotonicMs,
  Position,
} from './types.ts';

/*
 * Numbers that no server of ours can have reached. A server lives on with whatever it has once
 * believed: a term of 2^53 - 1 is on its disk, and its own next candidacy would be one beyond what
 * a number can hold. So one message from a broken machine could end a cluster.
 */

/**
 * Terms, boots and versions of configurations grow by elections, starts, and changes that people
 * make: a server that was away for a hundred years of one per second is no further behind. Indexes,
 * rounds and sequences have no such bound: a restore leaps, and a newcomer knows none.
 */
export const leapMax = 2 ** 32;

/** What no server of ours would say; undefined when all of it may be true. */
export function implausible(
  replica: Replica,
  now: MonotonicMs,
  { envelope, body }: Message,
): string | undefined {
  const found = implausibleEnvelope(replica, envelope) ?? implausibleBody(replica, now, body);
  return found === undefined ? undefined : `${found.what} is ${found.value}`;
}

type Found = { readonly what: string; readonly value: number };

const termMax = ({ term }: Replica): number => Math.min(countMax, term + leapMax);

/** False for what is no number at all. */
const isWithin = (value: number, limit: number): boolean => value >= 0 && value <= limit;

/** The first of the numbers that lies beyond its limit, or is none. */
function beyond(limit: number, numbers: Readonly<Record<string, number>>): Found | undefined {
  for (const [what, value] of Object.entries(numbers)) {
    if (!isWithin(value, limit)) return { what, value };
  }
  return undefined;
}

const tooLarge = (what: string, value: number): Found | undefined =>
  isWithin(value, countMax) ? undefined : { what, value };

function implausibleEnvelope(replica: Replica, envelope: Envelope): Found | undefined {
  const { config, facts, term, digest } = envelope;
  let found = beyond(termMax(replica), { term });
  if (config !== undefined) {
    const { id } = config;
    found ??= beyond(termMax(replica), { 'config.term': id.term });
    found ??= beyond((replica.config?.id.version ?? 0) + leapMax, { 'config.version': id.version });
  }
  for (const { fact, ageMs } of facts) {
    found ??= tooLarge('ageMs', ageMs) ?? implausibleFact(replica, fact);
  }
  for (const { incarnation, sequence } of digest ?? []) {
    found ??= tooLarge('digest.incarnation', incarnation) ?? tooLarge('digest.sequence', sequence);
  }
  return found;
}

type Limit = 'term' | 'incarnation' | 'lease' | 'count';

/** Every number of a fact. As a table: all of it is asked of every fact of every message. */
const factNumbers: readonly {
  readonly what: string;
  readonly limit: Limit;
  readonly of: (fact: Fact) => number;
}[] = [
  { what: 'fact.term', limit: 'term', of: ({ term }) => term },
  { what: 'seen.term', limit: 'term', of: ({ seen }) => seen.term },
  { what: 'configId.term', limit: 'term', of: ({ configId }) => configId.term },
  { what: 'last.term', limit: 'term', of: ({ last }) => last.term },
  { what: 'durable.term', limit: 'term', of: ({ durable }) => durable.term },
  { what: 'commit.term', limit: 'term', of: ({ commit }) => commit.term },
  { what: 'incarnation', limit: 'incarnation', of: ({ incarnation }) => incarnation },
  { what: 'seenLeaseMs', limit: 'lease', of: ({ seenLeaseMs }) => seenLeaseMs },
  { what: 'olderLeaseMs', limit: 'lease', of: ({ olderLeaseMs }) => olderLeaseMs },
  { what: 'last.index', limit: 'count', of: ({ last }) => last.index },
  { what: 'durable.index', limit: 'count', of: ({ durable }) => durable.index },
  { what: 'commit.index', limit: 'count', of: ({ commit }) => commit.index },
  { what: 'sequence', limit: 'count', of: ({ sequence }) => sequence },
  { what: 'round', limit: 'count', of: ({ seen }) => seen.round },
  { what: 'seenAgeMs', limit: 'count', of: ({ seenAgeMs }) => seenAgeMs },
  { what: 'applied', limit: 'count', of: ({ applied }) => applied },
  { what: 'firstIndex', limit: 'count', of: ({ firstIndex }) => firstIndex },
  { what: 'logGeneration', limit: 'count', of: ({ logGeneration }) => logGeneration },
  { what: 'commandLevel', limit: 'count', of: ({ commandLevel }) => commandLevel },
  { what: 'configId.version', limit: 'count', of: ({ configId }) => configId.version },
  { what: 'depth', limit: 'count', of: ({ depth }) => depth },
  { what: 'pullerCount', limit: 'count', of: ({ pullerCount }) => pullerCount },
  { what: 'heartbeatIntervalMs', limit: 'count', of: ({ timing }) => timing.heartbeatIntervalMs },
  { what: 'electionTimeoutMs', limit: 'count', of: ({ timing }) => timing.electionTimeoutMs },
  { what: 'leaseMs', limit: 'count', of: ({ timing }) => timing.leaseMs },
];

function implausibleFact(replica: Replica, fact: Fact): Found | undefined {
  const known = replica.facts.get(fact.owner)?.fact.incarnation ?? 0;
  const limits: Readonly<Record<Limit, number>> = {
    term: termMax(replica),
    incarnation: known + leapMax,
    // What is left of a lease is a difference of two moments, and may be a trifle too long.
    lease: leaseMaxMs + 1,
    count: countMax,
  };
  for (const { what, limit, of } of factNumbers) {
    const value = of(fact);
    if (!isWithin(value, limits[limit])) return { what, value };
  }
  return undefined;
}

function implausiblePositions(
  replica: Replica,
  positions: Readonly<Record<string, Position>>,
): Found | undefined {
  const limit = termMax(replica);
  for (const [what, { term, index }] of Object.entries(positions)) {
    // No names for what is well: this is asked of every message.
    if (!isWithin(term, limit)) return { what: `${what}.term`, value: term };
    if (!isWithin(index, countMax)) return { what: `${what}.index`, value: index };
  }
  return undefined;
}

function implausibleBody(replica: Replica, now: MonotonicMs, body: MessageBody): Found | undefined {
  switch (body.type) {
    case 'heartbeat':
      return beyond(countMax, { probeMs: body.probeMs });
    case 'heartbeatReply':
      return (
        // The moment of our question. One to come would be the newest horizon for ever.
        beyond(now, { probeMs: body.probeMs }) ??
        beyond(countMax, { staleMs: body.staleMs ?? 0 }) ??
        implausiblePositions(replica, { upTo: body.upTo })
      );
    case 'pullEntries': {
      const { pullId, logGeneration, consumedBytes, windowBytes, prev } = body;
      return (
        beyond(countMax, { pullId, logGeneration, consumedBytes, windowBytes }) ??
        implausiblePositions(replica, { prev })
      );
    }
    case 'pullBatch': {
      const { pullId, prev, sourceLast } = body;
      return (
        beyond(countMax, { pullId }) ??
        implausiblePositions(replica, { prev, sourceLast }) ??
        implausibleEntries(replica, body.entries)
      );
    }
    case 'pullRefused': {
      const { pullId, logGeneration, prev, sourceLast, hint } = body;
      return (
        beyond(countMax, { pullId, logGeneration }) ??
        implausiblePositions(replica, { prev, sourceLast, hint })
      );
    }
    case 'requestVote':
    case 'requestVoteReply':
    case 'updatePosition':
    case 'updatePositionReply':
      return undefined;
    default:
      return unreachable(body);
  }
}

/** There may be thousands of them: nothing is built for those that are sound. */
function implausibleEntries(replica: Replica, entries: readonly Entry[]): Found | undefined {
  const limit = termMax(replica);
  for (const { term, index, wallMs } of entries) {
    if (!isWithin(term, limit)) return { what: 'entry.term', value: term };
    if (!isWithin(index, countMax)) return { what: 'entry.index', value: index };
    if (!isWithin(wallMs, countMax)) return { what: 'entry.wallMs', value: wallMs };
  }
  return undefined;
}
