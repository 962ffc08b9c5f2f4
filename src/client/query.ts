import type { QueryAnswer, QueryFields, QueryName } from '../machines/machines.ts';
import { decodeAnswer, encodeQuery } from '../machines/query.ts';
import type { Consistency } from '../transport/generated/gossipraft/Consistency.ts';
import type { QueryReply__Output as QueryReply } from '../transport/generated/gossipraft/QueryReply.ts';
import { count, MalformedMessage } from '../transport/wire-checks.ts';
import type { ServerCalls } from './server-calls.ts';
import type { ServerConnection } from './server-connection.ts';
import { understood } from './understood.ts';

const consistencies = {
  lease: 'CONSISTENCY_LEASE',
  quorum: 'CONSISTENCY_QUORUM',
  bounded: 'CONSISTENCY_BOUNDED',
  local: 'CONSISTENCY_LOCAL',
} as const satisfies Record<string, Consistency>;
/** How current an answer must be, and what it may rest on. */
export type ConsistencyName = keyof typeof consistencies;

const names = new Map<string, ConsistencyName>(
  Object.entries(consistencies).map(([name, wire]) => [wire, name as ConsistencyName]),
);

export type ReadDemand = {
  readonly consistency: ConsistencyName;
  /** Only for `bounded`. */
  readonly maxStalenessMs?: number | undefined;
  /** The answer shows everything up to this entry of the log: what one has written oneself, say. */
  readonly minIndex?: number | undefined;
  /** Undefined: any that can answer. */
  readonly server?: string | undefined;
};

/** Who has answered, and what the answer rests on. */
export type ReadView = {
  readonly server: string;
  readonly term: number;
  readonly leader: string | undefined;
  readonly appliedIndex: number;
  /** The newest commit index that the server has heard of: how far it is behind. */
  readonly knownCommitIndex: number;
  readonly consistency: ConsistencyName;
  readonly leaseRemainingMs: number | undefined;
  readonly staleMs: number | undefined;
};

export type Read<Name extends QueryName> = {
  readonly answer: QueryAnswer<Name>;
  readonly view: ReadView;
};

/**
 * One query. By lease or quorum: linearizable, from the leader; else from `server`, or from any
 * that can promise what was asked for. Rejects with a ClusterError.
 */
export async function ask<Name extends QueryName>(
  calls: ServerCalls,
  name: Name,
  query: QueryFields<Name>,
  demand: ReadDemand,
  timeoutMs: number,
): Promise<Read<Name>> {
  const { consistency, maxStalenessMs = 0, minIndex = 0, server } = demand;
  const request = {
    name,
    fields: encodeQuery(name, query),
    consistency: consistencies[consistency],
    maxStalenessMs,
    minIndex,
  };
  const call = (connection: ServerConnection, attemptMs: number): Promise<QueryReply> =>
    connection.query(request, attemptMs);
  const isAnywhere = consistency === 'bounded' || consistency === 'local';
  const reply =
    server !== undefined
      ? await calls.ask(server, connection => call(connection, timeoutMs))
      : await (isAnywhere ? calls.askAny(timeoutMs, call) : calls.askLeader(timeoutMs, call));
  return understood(() => readOf(name, reply));
}

/** Every word of a server is checked: it may be of another version. */
function readOf<Name extends QueryName>(name: Name, { answer }: QueryReply): Read<Name> {
  const { view } = answer ?? {};
  if (!answer || !view) throw new MalformedMessage('neither an answer nor a refusal');
  const consistency = names.get(answer.consistency);
  if (consistency === undefined) {
    throw new MalformedMessage(`consistency is ${answer.consistency}, which is unknown`);
  }
  return {
    answer: decodeAnswer(name, answer.fields),
    view: {
      server: view.server,
      term: count(view.term, 'term'),
      leader: view.leader,
      appliedIndex: count(view.appliedIndex, 'applied_index'),
      knownCommitIndex: count(view.knownCommitIndex, 'known_commit_index'),
      consistency,
      leaseRemainingMs: answer.leaseRemainingMs,
      staleMs: answer.staleMs,
    },
  };
}
