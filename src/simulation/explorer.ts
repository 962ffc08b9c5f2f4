import type { ConfigId, Fact, Message, MonotonicMs, WallMs } from '../consensus/types.ts';
import {
  boot,
  draftOf,
  type ExploredServer,
  type ExploredState,
  hear,
  initialState,
  type StateDraft,
  sync,
  timings,
} from './explorer-state.ts';
import { SimulationFailure } from './failure.ts';

/*
 * Tries everything that may happen to three servers within small bounds, in all orders, with the
 * real step function: where the simulator meets rare situations by chance, the explorer misses none
 * that fits into its bounds.
 */

export type ExplorerBounds = {
  /** Elections that may be started. */
  readonly timeouts: number;
  readonly proposals: number;
  readonly crashes: number;
  /** Heartbeats from one server to another. */
  readonly gossips: number;
  /** Messages on their way at a time; the oldest is lost when there are more. */
  readonly inFlightMax: number;
  readonly statesMax: number;
};

export type ExplorerReport = {
  readonly states: number;
  readonly depth: number;
  /** Everything within the bounds was tried. */
  readonly isComplete: boolean;
  /** The shortest way to a violation. */
  readonly violation: { readonly text: string; readonly path: readonly string[] } | undefined;
};

type Budget = Pick<ExplorerBounds, 'timeouts' | 'proposals' | 'crashes' | 'gossips'>;
type Visited = {
  readonly state: ExploredState;
  readonly budget: Budget;
  readonly parent: Visited | undefined;
  readonly action: string;
};
type Action = {
  readonly name: string;
  readonly budget: Budget;
  run(draft: StateDraft): Message[];
};

/** Explores breadth first, so that a violation is found over its shortest way. */
export function explore(bounds: ExplorerBounds, start: readonly string[] = []): ExplorerReport {
  const root = follow(start, bounds);
  const seen = new Set([keyOf(root.state, root.budget)]);
  let frontier: Visited[] = [root];
  let depth = 0;
  while (frontier.length > 0 && seen.size < bounds.statesMax) {
    depth += 1;
    const next: Visited[] = [];
    for (const visited of frontier) {
      const violation = expand(visited, bounds, seen, next);
      if (violation !== undefined)
        return { states: seen.size, depth, isComplete: false, violation };
      if (seen.size >= bounds.statesMax) break;
    }
    frontier = next;
  }
  const isComplete = seen.size < bounds.statesMax;
  return { states: seen.size, depth, isComplete, violation: undefined };
}

/** The state after the named actions, which must be possible. They use up no budget. */
function follow(names: readonly string[], bounds: ExplorerBounds): Visited {
  const plenty = { timeouts: 9, proposals: 9, crashes: 9, gossips: 9 };
  let visited: Visited = { state: initialState(), budget: plenty, parent: undefined, action: '' };
  for (const name of names) {
    const action = actionsIn(visited.state, plenty).find(one => one.name === name);
    if (action === undefined) throw new SimulationFailure(`"${name}" cannot happen`);
    const outcome = attempt(visited, action, bounds);
    if ('violation' in outcome) throw new SimulationFailure(outcome.violation);
    visited = { ...outcome, budget: plenty };
  }
  return { ...visited, budget: bounds, parent: undefined };
}

/** Everything that may happen next, as far as it leads to states that were not seen. */
function expand(
  visited: Visited,
  bounds: ExplorerBounds,
  seen: Set<string>,
  next: Visited[],
): ExplorerReport['violation'] {
  for (const action of actionsIn(visited.state, visited.budget)) {
    const outcome = attempt(visited, action, bounds);
    if ('violation' in outcome) {
      return { text: outcome.violation, path: [...pathTo(visited), action.name] };
    }
    const key = keyOf(outcome.state, outcome.budget);
    if (seen.has(key)) continue;
    seen.add(key);
    next.push(outcome);
  }
  return undefined;
}

function attempt(
  parent: Visited,
  action: Action,
  { inFlightMax }: ExplorerBounds,
): Visited | { violation: string } {
  const draft = draftOf(parent.state);
  draft.nowMs += 1;
  try {
    const sent = action.run(draft).filter(({ body }) => !isGreeting(body.type));
    draft.inFlight = [...draft.inFlight, ...sent].slice(-inFlightMax);
    return { state: draft, budget: action.budget, parent, action: action.name };
  } catch (error) {
    const isFound =
      error instanceof SimulationFailure || (error as Error).name === 'InvariantViolation';
    if (!isFound) throw error;
    return { violation: (error as Error).message };
  }
}

/** Heartbeats happen as actions of their own; left on their way, they would crowd out the rest. */
const isGreeting = (type: Message['body']['type']): boolean =>
  type === 'heartbeat' || type === 'heartbeatReply' || type === 'updatePositionReply';

function pathTo(visited: Visited): string[] {
  const path: string[] = [];
  for (let at: Visited | undefined = visited; at?.parent !== undefined; at = at.parent) {
    path.unshift(at.action);
  }
  return path;
}

function actionsIn(state: ExploredState, budget: Budget): Action[] {
  const actions: Action[] = [];
  for (const [place, message] of state.inFlight.entries())
    actions.push(deliver(place, message, budget));
  for (const [place, server] of state.servers.entries()) {
    actions.push(...actionsOf(place, server, state, budget));
  }
  return actions;
}

function actionsOf(
  place: number,
  server: ExploredServer,
  { servers }: ExploredState,
  budget: Budget,
): Action[] {
  const { role } = server.replica;
  const others = servers.map((_, other) => other).filter(other => other !== place);
  const actions: Action[] = [];
  if (server.log !== server.durable) {
    actions.push({ name: `sync ${place}`, budget, run: draft => sync(draft, place) });
  }
  if (budget.timeouts > 0 && role !== 'leader') {
    actions.push(...others.map(other => campaign(place, other, budget)));
  }
  if (budget.proposals > 0 && role === 'leader') actions.push(propose(place, budget));
  if (budget.crashes > 0) actions.push(crash(place, budget));
  if (budget.gossips > 0) actions.push(...others.map(other => gossip(place, other, budget)));
  return actions;
}

function deliver(place: number, message: Message, budget: Budget): Action {
  const { from, to } = message.envelope;
  return {
    name: `deliver ${message.body.type} ${from} > ${to}`,
    budget,
    run: draft => {
      draft.inFlight.splice(place, 1);
      return hear(draft, Number(to.slice(1)), { type: 'message', message });
    },
  };
}

/** The pre-vote with one willing server at once; the votes themselves travel as they will. */
function campaign(place: number, helper: number, budget: Budget): Action {
  return {
    name: `n${place} times out, n${helper} supports it`,
    budget: { ...budget, timeouts: budget.timeouts - 1 },
    run: draft => {
      draft.nowMs += 10 * timings.electionTimeoutMs;
      const asked = hear(draft, place, { type: 'tick' }, replica => {
        replica.election.deadline = draft.nowMs as MonotonicMs;
      });
      const request = asked.find(({ envelope }) => envelope.to === `n${helper}`);
      if (request === undefined) return [];
      const replies = hear(draft, helper, { type: 'message', message: request });
      return replies.flatMap(message =>
        message.body.type === 'requestVoteReply'
          ? hear(draft, place, { type: 'message', message })
          : [],
      );
    },
  };
}

const propose = (place: number, budget: Budget): Action => ({
  name: `n${place} takes a proposal`,
  budget: { ...budget, proposals: budget.proposals - 1 },
  run: draft => {
    const proposals = [{ id: budget.proposals, payload: new Uint8Array([budget.proposals]) }];
    return hear(draft, place, { type: 'propose', proposals, wallMs: 0 as WallMs });
  },
});

const crash = (place: number, budget: Budget): Action => ({
  name: `n${place} crashes and restarts`,
  budget: { ...budget, crashes: budget.crashes - 1 },
  run: draft => {
    const server = draft.servers[place];
    if (server === undefined) return [];
    const incarnation = server.incarnation + 1;
    draft.servers[place] = boot(
      server.replica.identity.id,
      { incarnation, vote: server.vote, config: server.config, durable: server.durable },
      draft.nowMs,
    );
    return [];
  },
});

const gossip = (from: number, to: number, budget: Budget): Action => ({
  name: `n${from} greets n${to}`,
  budget: { ...budget, gossips: budget.gossips - 1 },
  run: draft => {
    const peer = draft.servers[to]?.replica.identity.id;
    if (peer === undefined) return [];
    const sent = hear(draft, from, { type: 'connected', peer });
    return sent.flatMap(message =>
      message.body.type === 'heartbeat' && message.envelope.to === peer
        ? hear(draft, to, { type: 'message', message })
        : [message],
    );
  },
});

const positionKey = ({ term, index }: { term: number; index: number }): string =>
  `${term}.${index}`;

const factKey = (fact: Fact): string =>
  `${fact.owner} ${fact.incarnation} ${fact.term} ${fact.role} ${fact.vote} ${fact.support} ` +
  `${fact.leader} ${positionKey(fact.durable)} ${positionKey(fact.last)} ` +
  `${positionKey(fact.commit)} ` +
  `${fact.seen.term}.${fact.seen.round} ${fact.source} ${configKey(fact.configId)}`;

const configKey = ({ term, version }: ConfigId): string => `${term}.${version}`;

function serverKey({ replica, log, durable, vote, config }: ExploredServer): string {
  const pull = replica.pulling.stream;
  const terms = (entries: readonly { term: number; payload: Uint8Array }[]): string =>
    entries.map(({ term, payload }) => `${term}${payload[0] ?? ''}`).join();
  return [
    `${replica.identity.incarnation} ${configKey(config.id)}`,
    `${vote.term} ${vote.vote} ${replica.role} ${replica.leader} ${replica.election.support}`,
    terms(log),
    terms(durable),
    `${positionKey(replica.commit)} ${positionKey(replica.pendingCommit)} ${replica.durableIndex}`,
    `${pull?.source} ${pull?.isMatched} ${pull === undefined ? '' : positionKey(pull.askedPrev)}`,
    [...replica.pullers.values()].map(puller => `${puller.id} ${positionKey(puller.sent)}`).join(),
    [...replica.election.tally].join(),
    [...replica.facts.values()].map(({ fact }) => factKey(fact)).join(),
  ].join('|');
}

/** Two states with one key behave alike, but for times and for how often facts were written. */
function keyOf({ servers, inFlight }: ExploredState, budget: Budget): string {
  const { timeouts, proposals, crashes, gossips } = budget;
  const messages = inFlight.map(({ envelope, body }) => {
    const place = 'prev' in body ? positionKey(body.prev) : '';
    const facts = envelope.facts.map(({ fact }) => factKey(fact)).join();
    return `${envelope.from} ${envelope.to} ${body.type} ${place} ${facts}`;
  });
  return [...servers.map(serverKey), ...messages, timeouts, proposals, crashes, gossips].join('#');
}
