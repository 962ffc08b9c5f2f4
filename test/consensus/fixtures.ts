import { createReplica, nothingRemembered } from '../../src/consensus/create-replica.ts';
import type { Replica } from '../../src/consensus/replica.ts';
import { step } from '../../src/consensus/step.ts';
import type {
  ClusterId,
  Config,
  DirectoryId,
  Effect,
  Entry,
  Event,
  Fact,
  GossipEntry,
  KnownBoot,
  Limits,
  LogIndex,
  Message,
  MessageBody,
  MonotonicMs,
  NodeId,
  Position,
  Remembered,
  RequestAnswer,
  Term,
  Timings,
  WallMs,
} from '../../src/consensus/types.ts';

export const nodeId = (id: string): NodeId => id as NodeId;
export const moment = (ms: number): MonotonicMs => ms as MonotonicMs;
export const directoryOf = (id: string): DirectoryId => `directory-${id}` as DirectoryId;
export const at = (term: number, index: number): Position => ({
  term: term as Term,
  index: index as LogIndex,
});

export const timings: Timings = {
  heartbeatIntervalMs: 100,
  electionTimeoutMs: 1000,
  leaseMs: 900,
  clockDriftMax: 0.01,
};
/** What of it is told to others. */
const { heartbeatIntervalMs, electionTimeoutMs, leaseMs } = timings;
export const limits: Limits = {
  batchMaxBytes: 1000,
  pullWindowBytes: 4000,
  tailMaxBytes: 100_000,
  uncommittedMaxBytes: 10_000,
  depthMax: 3,
};

export const clusterId = 'cluster' as ClusterId;

export const threeServers: Config = {
  clusterId,
  id: { term: 0 as Term, version: 1 },
  members: ['n0', 'n1', 'n2'].map(id => ({
    id: nodeId(id),
    address: `${id}:1`,
    hasMoved: false,
    directoryId: directoryOf(id),
    isVoter: true,
    isLeaving: false,
  })),
};

export const listedServers = threeServers.members.map(({ id, address }) => ({ id, address }));

/** Entries with the given terms, from `firstIndex` on: `entriesOf([1, 1, 2])`. */
export const entriesOf = (terms: readonly number[], firstIndex = 1, wallMs = 1): Entry[] =>
  terms.map((term, place) => ({
    index: (firstIndex + place) as LogIndex,
    term: term as Term,
    wallMs: wallMs as WallMs,
    kind: 'command',
    payload: new Uint8Array(52),
  }));

/** The server n0 of n0, n1, n2, right after its start at time 0, with a log of the given terms. */
export function replica(
  options: {
    incarnation?: number;
    commandLevel?: number;
    term?: number;
    terms?: readonly number[];
    vote?: string;
    config?: Config;
    wallMs?: number;
    remembered?: Partial<Remembered>;
  } = {},
): Replica {
  const terms = options.terms ?? [];
  const runs: { term: Term; firstIndex: LogIndex }[] = [];
  terms.forEach((term, place) => {
    if (runs.at(-1)?.term !== term) {
      runs.push({ term: term as Term, firstIndex: (place + 1) as LogIndex });
    }
  });
  return createReplica({
    identity: {
      clusterName: 'test',
      proposedClusterId: clusterId,
      id: nodeId('n0'),
      directoryId: directoryOf('n0'),
      incarnation: options.incarnation ?? 1,
      listedServers,
      membersHash: 'three',
      commandLevel: options.commandLevel ?? 1,
    },
    persistent: {
      term: (options.term ?? terms.at(-1) ?? 0) as Term,
      vote: options.vote === undefined ? undefined : nodeId(options.vote),
      config: options.config ?? threeServers,
      remembered: {
        ...nothingRemembered,
        leaseOwedMs: undefined,
        knownBoots: ['n1', 'n2'].map(bootOfOther),
        ...options.remembered,
      },
      applied: at(0, 0),
      log: {
        base: at(0, 0),
        runs,
        lastIndex: terms.length as LogIndex,
        tail: entriesOf(terms, 1, options.wallMs),
      },
    },
    timings,
    limits,
    seed: 1,
    now: moment(0),
  });
}

/** The boot of which all facts are that name none. */
const bootOfOther = (id: string): KnownBoot => ({
  id: nodeId(id),
  directoryId: directoryOf(id),
  incarnation: 1,
});

/** A fact in one line: `fact('n1', { term: 2, durable: at(2, 7) })`. */
export function fact(
  owner: string,
  fields: Omit<Partial<Fact>, 'term'> & { term?: number } = {},
): Fact {
  const term = (fields.term ?? 0) as Term;
  return {
    owner: nodeId(owner),
    directoryId: directoryOf(owner),
    incarnation: 1,
    sequence: 1,
    role: 'follower',
    leader: undefined,
    vote: undefined,
    support: undefined,
    seen: { term: 0 as Term, round: 0 },
    seenAgeMs: 0,
    seenLeaseMs: leaseMs,
    durable: at(0, 0),
    last: fields.durable ?? at(0, 0),
    commit: at(0, 0),
    applied: 0 as LogIndex,
    firstIndex: 1 as LogIndex,
    logGeneration: 0,
    configId: threeServers.id,
    source: undefined,
    depth: 0,
    pullerCount: 0,
    isDiskStalled: false,
    isRecovering: false,
    timing: { heartbeatIntervalMs, electionTimeoutMs, leaseMs },
    olderLeaseMs: 0,
    transferee: undefined,
    isTransferee: false,
    sponsor: undefined,
    commandLevel: 1,
    membersHash: undefined,
    ...fields,
    term,
  };
}

export const fresh = (value: Fact, ageMs = 0): GossipEntry => ({ fact: value, ageMs });

/** A message to n0 from the owner of the first fact. */
export function messageTo0(body: MessageBody, facts: readonly Fact[]): Message {
  const [own] = facts;
  if (own === undefined) throw new Error('a message carries the fact of its sender');
  return {
    envelope: {
      clusterId,
      clusterName: 'test',
      from: own.owner,
      fromDirectoryId: own.directoryId,
      to: nodeId('n0'),
      term: own.term,
      facts: facts.map(value => fresh(value)),
      digest: undefined,
      config: undefined,
    },
    body,
  };
}

/** n0 hears a heartbeat that carries the facts; the first one is its sender's. */
export const hear = (server: Replica, nowMs: number, ...facts: readonly Fact[]): Effect[] =>
  receive(server, nowMs, { type: 'heartbeat', probeMs: 0 }, ...facts);

export const receive = (
  server: Replica,
  nowMs: number,
  body: MessageBody,
  ...facts: readonly Fact[]
): Effect[] => step(server, { type: 'message', message: messageTo0(body, facts) }, moment(nowMs));

export const happen = (server: Replica, nowMs: number, event: Event): Effect[] =>
  step(server, event, moment(nowMs));

/** The election timer of n0 runs out. */
export function missLeader(server: Replica, nowMs: number): Effect[] {
  server.election.deadline = moment(nowMs);
  server.heartbeatDeadline = moment(nowMs);
  return happen(server, nowMs, { type: 'tick' });
}

/** Lets n0 win the election of the next term with the vote of n1, and has its no-op on disk. */
export function makeLeader(server: Replica, nowMs: number): void {
  missLeader(server, nowMs);
  const own = server.term;
  hear(server, nowMs, fact('n1', { term: own, sequence: 100, support: nodeId('n0') }));
  hear(server, nowMs, fact('n1', { term: own + 1, sequence: 101, vote: nodeId('n0') }));
  persistAll(server, nowMs);
}

export const persistAll = (server: Replica, nowMs: number): Effect[] =>
  happen(server, nowMs, {
    type: 'persisted',
    logGeneration: server.log.generation,
    index: server.log.lastIndex,
  });

export const ofType = <T extends Effect['type']>(
  effects: readonly Effect[],
  type: T,
): Extract<Effect, { type: T }>[] =>
  effects.filter((effect): effect is Extract<Effect, { type: T }> => effect.type === type);

/** What this server answers to those who have asked it for something. */
export const answersIn = (effects: readonly Effect[]): RequestAnswer[] =>
  ofType(effects, 'answered').map(({ answer }) => answer);

/** The bodies of the messages among the effects, with their addressees. */
export const sent = (effects: readonly Effect[]): (MessageBody & { to: string })[] =>
  ofType(effects, 'send').map(({ message }) => ({ ...message.body, to: message.envelope.to }));

/** The kinds of events that a turn tells of, in their order. */
export const told = (effects: readonly Effect[]): string[] =>
  ofType(effects, 'tell').map(({ event }) => event.type);
