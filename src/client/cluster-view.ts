import { compareConfigIds } from '../consensus/position.ts';
import type { Config } from '../consensus/types.ts';
import type { ClusterClient, ServerDescription } from './cluster-client.ts';
import { type Judgement, judgeHealth } from './health.ts';
import { type MemberView, memberView } from './member-view.ts';
import type { ServerAddress } from './server-connection.ts';

export type ForeignView = ServerDescription['foreigners'][number] & { readonly metBy: string };
export type ClusterView = Judgement & {
  readonly term: number;
  readonly leader: string | undefined;
  readonly commitIndex: number;
  readonly members: readonly MemberView[];
  /** Undefined while no server belongs to a cluster. */
  readonly clusterId: string | undefined;
  /** Servers of other clusters that ours have met lately: an address in some file is wrong. */
  readonly foreigners: readonly ForeignView[];
  /** What is still on its way from the members as they are to those that are wanted. */
  readonly changes: readonly string[];
};

const describeTimeoutMs = 1000;

/** Asks every server for its own view, and joins what they say. */
export async function viewCluster(client: ClusterClient): Promise<ClusterView> {
  const answers = await Promise.all(
    client.servers.map(({ id }) => client.describe(id, describeTimeoutMs).catch(() => undefined)),
  );
  const descriptions = answers.flatMap(answer => (answer === undefined ? [] : [answer]));
  return joinViews(client.servers, descriptions);
}

/** What the servers say together of themselves and each other. */
export function joinViews(
  servers: readonly ServerAddress[],
  descriptions: readonly ServerDescription[],
): ClusterView {
  const config = newestConfig(descriptions);
  const leader = leaderOf(descriptions);
  const members = servers.map(server => memberView(server, config, descriptions, leader));
  return {
    ...judgeHealth(members, leader?.server),
    term: Math.max(0, ...members.map(({ fact }) => fact?.term ?? 0)),
    leader: leader?.server,
    commitIndex: Math.max(0, ...members.map(({ fact }) => fact?.commit.index ?? 0)),
    members,
    changes: [...changesOf(members), ...openChangesOf(descriptions)],
    clusterId: config?.clusterId,
    foreigners: descriptions.flatMap(({ server, foreigners }) =>
      foreigners.map(foreigner => ({ ...foreigner, metBy: server })),
    ),
  };
}

const newestConfig = (descriptions: readonly ServerDescription[]): Config | undefined =>
  descriptions
    .flatMap(({ config }) => (config === undefined ? [] : [config]))
    .sort((a, b) => compareConfigIds(b.id, a.id))[0];

/** One sentence for each member that is not yet what it is to be. */
function changesOf(members: readonly MemberView[]): string[] {
  const last = Math.max(0, ...members.map(({ fact }) => fact?.last.index ?? 0));
  const arriving = members.filter(
    ({ standing, isLeaving }) => !isLeaving && (standing === 'awaited' || standing === 'learner'),
  );
  const stayers = members
    .filter(one => one.standing === 'voter' && !one.isLeaving && !one.isFollowing)
    .map(({ id }) => id)
    .join(', ');
  return members.flatMap(({ id, address, standing, isLeaving, fact }) => {
    if (isLeaving) {
      const names = arriving.map(one => one.id).join(', ');
      if (names !== '') return `${id} leaves once ${names} can vote`;
      return stayers === '' ? `${id} is leaving` : `${id} leaves once ${stayers} can follow again`;
    }
    if (standing === 'awaited') return `${id} was added: it is awaited at ${address}`;
    if (standing !== 'learner') return [];
    if (fact?.role === 'fresh') return `${id} has come with another data directory: replace it`;
    return `${id} catches up: it holds ${fact?.durable.index ?? 0} of ${last} entries`;
  });
}

/** The reachable server that says so itself, in the newest term. */
const leaderOf = (descriptions: readonly ServerDescription[]): ServerDescription | undefined =>
  descriptions
    .filter(({ facts }) => facts[0]?.fact.role === 'leader')
    .sort((a, b) => termOf(b) - termOf(a))[0];

const termOf = ({ facts }: ServerDescription): number => facts[0]?.fact.term ?? 0;

/** What files want and have not got; servers that share a file say it together. */
function openChangesOf(descriptions: readonly ServerDescription[]): string[] {
  const tellers = new Map<string, string[]>();
  for (const { server, openChanges } of descriptions) {
    for (const text of openChanges) tellers.set(text, [...(tellers.get(text) ?? []), server]);
  }
  return [...tellers].map(([text, servers]) => `${text} (says ${servers.join(', ')})`);
}
