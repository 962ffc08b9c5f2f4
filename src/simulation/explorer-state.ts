import { landmarksOf, regressionsBetween, termAt, violationsOf } from '../consensus/invariants.ts';
import { noPosition } from '../consensus/position.ts';
import { createReplica, nothingRemembered, step } from '../consensus/protocol.ts';
import type { Replica } from '../consensus/replica.ts';
import type {
  ClusterId,
  Config,
  DirectoryId,
  Effect,
  Entry,
  Event,
  Fact,
  LogIndex,
  Message,
  MonotonicMs,
  NodeId,
  Position,
  Term,
  Timings,
} from '../consensus/types.ts';
import { recoveredFrom } from '../storage/memory-store.ts';
import { demandDurable } from './durable-fact.ts';
import { demand, SimulationFailure } from './failure.ts';

/** One server of an explored state; shared between states, so never changed, only replaced. */
export type ExploredServer = {
  readonly replica: Replica;
  readonly incarnation: number;
  readonly vote: { readonly term: Term; readonly vote: NodeId | undefined };
  readonly config: Config;
  readonly log: readonly Entry[];
  /** What survives a crash. */
  readonly durable: readonly Entry[];
};

/** What has happened on the way to a state and may not happen otherwise afterwards. */
export type History = {
  readonly leaders: ReadonlyMap<number, NodeId>;
  readonly votes: ReadonlyMap<string, NodeId>;
  readonly committed: readonly Entry[];
};

export type ExploredState = {
  readonly nowMs: number;
  readonly servers: readonly ExploredServer[];
  readonly inFlight: readonly Message[];
  readonly history: History;
};

export const timings: Timings = {
  heartbeatIntervalMs: 100,
  electionTimeoutMs: 1000,
  // Time stands still here; the simulator is where leases are put to the test.
  leaseMs: 0,
  clockDriftMax: 0,
};
const limits = {
  batchMaxBytes: 100_000,
  pullWindowBytes: 1_000_000,
  tailMaxBytes: 1_000_000,
  uncommittedMaxBytes: 1_000_000,
  depthMax: 3,
};
const ids = ['n0', 'n1', 'n2'] as NodeId[];
const directoryOf = (id: NodeId): DirectoryId => `disk-${id}` as DirectoryId;
const founded: Config = {
  clusterId: 'explored' as ClusterId,
  id: { term: 0 as Term, version: 1 },
  members: ids.map(id => ({
    id,
    address: id,
    hasMoved: false,
    directoryId: directoryOf(id),
    isVoter: true,
    isLeaving: false,
  })),
};

/** Three servers that have just founded a cluster; nobody has campaigned yet. */
export function initialState(): ExploredState {
  const vote = { term: 0 as Term, vote: undefined };
  const servers = ids.map(id =>
    boot(id, { incarnation: 1, vote, config: founded, durable: [] }, 0),
  );
  return {
    nowMs: 0,
    servers,
    inFlight: [],
    history: { leaders: new Map(), votes: new Map(), committed: [] },
  };
}

/** A server as it comes up from its disk. */
export function boot(
  id: NodeId,
  disk: Pick<ExploredServer, 'incarnation' | 'vote' | 'config' | 'durable'>,
  nowMs: number,
): ExploredServer {
  const replica = createReplica({
    identity: {
      clusterName: 'explored',
      proposedClusterId: 'of-explored' as ClusterId,
      id,
      directoryId: directoryOf(id),
      incarnation: disk.incarnation,
      listedServers: ids.map(listed => ({ id: listed, address: listed })),
      membersHash: 'three',
      commandLevel: 1,
    },
    persistent: {
      ...disk.vote,
      config: disk.config,
      // Without leases there is nothing to remember.
      remembered: nothingRemembered,
      applied: noPosition,
      log: recoveredFrom({ base: noPosition, entries: disk.durable }),
    },
    timings,
    limits,
    seed: ids.indexOf(id) + 1,
    now: nowMs as MonotonicMs,
  });
  return { replica, ...disk, log: disk.durable };
}

/** A state that is being made from another one. */
export type StateDraft = {
  nowMs: number;
  servers: ExploredServer[];
  inFlight: Message[];
  history: History;
};

export const draftOf = (state: ExploredState): StateDraft => ({
  ...state,
  servers: [...state.servers],
  inFlight: [...state.inFlight],
});

/** Lets one server hear one event; what it sends is returned and not yet on its way. */
export function hear(
  draft: StateDraft,
  place: number,
  event: Event,
  prepare: (replica: Replica) => void = () => undefined,
): Message[] {
  const server = draft.servers[place];
  if (server === undefined) return [];
  const replica = structuredClone(server.replica);
  // Links are up and timers rest, but for what the action itself wants.
  for (const peer of replica.peers.values()) peer.confirmedAt = draft.nowMs as MonotonicMs;
  replica.heartbeatDeadline = (draft.nowMs + 1) as MonotonicMs;
  prepare(replica);
  const before = landmarksOf(server.replica);
  const effects = step(replica, event, draft.nowMs as MonotonicMs);
  const next = { ...server, replica };
  const messages: Message[] = [];
  const disk = { vote: server.vote, config: server.config, log: server.log };
  for (const effect of effects) carryOut(draft, { ...next, ...disk }, effect, disk, messages);
  draft.servers[place] = { ...next, ...disk };
  const [violation] = [
    ...violationsOf(replica),
    ...regressionsBetween(before, landmarksOf(replica)),
  ];
  demand(violation === undefined, `${replica.identity.id}: ${violation}`);
  draft.history = remember(draft.history, { ...next, ...disk }, before.commit.index);
  return messages;
}

function carryOut(
  draft: StateDraft,
  server: ExploredServer,
  effect: Effect,
  disk: { vote: ExploredServer['vote']; config: Config; log: readonly Entry[] },
  messages: Message[],
): void {
  switch (effect.type) {
    case 'persistVote':
      disk.vote = { term: effect.term, vote: effect.vote };
      break;
    case 'persistConfig':
      disk.config = effect.config;
      break;
    case 'append':
      disk.log = [...disk.log, ...effect.entries];
      break;
    case 'truncate':
      disk.log = disk.log.slice(0, effect.fromIndex - 1);
      break;
    case 'send':
      messages.push(effect.message);
      judgeFact(draft, { ...server, ...disk }, effect.message.envelope.facts[0]?.fact);
      break;
    case 'halt':
      throw new SimulationFailure(`${server.replica.identity.id} halts: ${effect.reason}`);
    default:
      break;
  }
}

/** What a server says of itself: it must be on its disk, and no vote may change. */
function judgeFact(draft: StateDraft, server: ExploredServer, fact: Fact | undefined): void {
  if (fact === undefined) return;
  const holdsDurably = ({ term, index }: Position): boolean =>
    server.durable[index - 1]?.term === term;
  demandDurable({ holdsDurably, durableVote: server.vote }, fact);
  const { owner, term, vote } = fact;
  if (vote === undefined) return;
  const key = `${owner} ${term}`;
  const other = draft.history.votes.get(key);
  demand(other === undefined || other === vote, `I10: ${owner} votes twice in term ${term}`);
  if (other !== undefined) return;
  draft.history = { ...draft.history, votes: new Map(draft.history.votes).set(key, vote) };
}

function remember(history: History, server: ExploredServer, committedBefore: number): History {
  const { replica, log } = server;
  const committed = [...history.committed];
  for (let index = committedBefore + 1; index <= replica.commit.index; index += 1) {
    const entry = log[index - 1];
    const known = committed[index - 1];
    demand(entry !== undefined, `I7: ${replica.identity.id} committed what it does not hold`);
    const isSame = known === undefined || sameEntry(known, entry);
    demand(isSame, `I6: two different entries are committed at ${index}`);
    committed[index - 1] = entry;
  }
  const leaders = rememberLeader(history, replica, committed);
  return { ...history, leaders, committed };
}

function rememberLeader(
  { leaders }: History,
  replica: Replica,
  committed: readonly Entry[],
): History['leaders'] {
  if (replica.role !== 'leader') return leaders;
  const { term, identity, log } = replica;
  const known = leaders.get(term);
  demand(known === undefined || known === identity.id, `I1: term ${term} has two leaders`);
  for (const entry of committed) {
    const isThere = entry.term >= term || termAt(log, entry.index) === entry.term;
    demand(isThere, `I5: ${identity.id} leads term ${term} without committed entry ${entry.index}`);
  }
  return known === undefined ? new Map(leaders).set(term, identity.id) : leaders;
}

const sameEntry = (a: Entry, b: Entry): boolean =>
  a.term === b.term && a.kind === b.kind && a.payload[0] === b.payload[0];

/** The disk of a server finishes all its writes. */
export function sync(draft: StateDraft, place: number): Message[] {
  const server = draft.servers[place];
  if (server === undefined) return [];
  draft.servers[place] = { ...server, durable: server.log };
  const { generation } = server.replica.log;
  const index = server.log.length as LogIndex;
  return hear(draft, place, { type: 'persisted', logGeneration: generation, index });
}
