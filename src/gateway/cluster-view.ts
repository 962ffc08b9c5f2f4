import type { ClusterClient, ServerDescription } from '../client/cluster-client.ts';
import type { ServerAddress } from '../client/server-connection.ts';
import { compareConfigIds } from '../consensus/position.ts';
import type { Config, Fact, GossipEntry, Member } from '../consensus/types.ts';
import { addressText } from '../transport/endpoint.ts';

/** GREEN: all is well. YELLOW: it serves, with servers missing. RED: it does not serve. */
export type Health = 'GREEN' | 'YELLOW' | 'RED';

export type Standing =
  | 'voter'
  /** Pulls the log, and is to vote when it has caught up. */
  | 'learner'
  /** Was added and has not shown up yet. */
  | 'awaited'
  /** Listed in the file, but part of no cluster. */
  | 'outside';

export type MemberView = {
  readonly id: string;
  /** `host:port` */
  readonly address: string;
  readonly reachable: boolean;
  readonly standing: Standing;
  /** It is to go, once the others can do without it. */
  readonly isLeaving: boolean;
  readonly fact: Fact | undefined;
  /** Age of what is known of it, in milliseconds; 0 when it has told us itself. */
  readonly ageMs: number;
  /** What it has done since its start; undefined when it does not answer. */
  readonly counters: ServerDescription['counters'];
  /** What is left of its lease; 0 when it leads nobody. */
  readonly leaseRemainingMs: number;
};
export type ForeignView = ServerDescription['foreigners'][number] & { readonly metBy: string };
export type ClusterView = {
  readonly health: Health;
  readonly reason: string;
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
  const config = newestConfig(descriptions);
  const members = client.servers.map(server => memberView(server, config, descriptions));
  const leader = leaderOf(members);
  return {
    ...judge(members, leader),
    term: Math.max(0, ...members.map(({ fact }) => fact?.term ?? 0)),
    leader,
    commitIndex: Math.max(0, ...members.map(({ fact }) => fact?.commit.index ?? 0)),
    members,
    changes: changesOf(members),
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

function memberView(
  { id, ...endpoint }: ServerAddress,
  config: Config | undefined,
  descriptions: readonly ServerDescription[],
): MemberView {
  const own = descriptions.find(({ server }) => server === id);
  const heard = own?.facts[0] ?? newestHeard(id, descriptions);
  const member = config?.members.find(one => one.id === id);
  return {
    id,
    address: addressText(endpoint),
    reachable: own !== undefined,
    standing: standingOf(member),
    isLeaving: member?.isLeaving ?? false,
    fact: heard?.fact,
    ageMs: own === undefined ? Math.round(heard?.ageMs ?? 0) : 0,
    counters: own?.counters,
    leaseRemainingMs: own?.leaseRemainingMs ?? 0,
  };
}

function standingOf(member: Member | undefined): Standing {
  if (member === undefined) return 'outside';
  if (member.isVoter) return 'voter';
  return member.directoryId === undefined ? 'awaited' : 'learner';
}

/** One sentence for each member that is not yet what it is to be. */
function changesOf(members: readonly MemberView[]): string[] {
  const last = Math.max(0, ...members.map(({ fact }) => fact?.last.index ?? 0));
  const arriving = members.filter(
    ({ standing, isLeaving }) => !isLeaving && (standing === 'awaited' || standing === 'learner'),
  );
  return members.flatMap(({ id, address, standing, isLeaving, fact }) => {
    if (isLeaving) {
      const names = arriving.map(one => one.id).join(', ');
      return names === '' ? `${id} is leaving` : `${id} leaves once ${names} can vote`;
    }
    if (standing === 'awaited') return `${id} was added: it is awaited at ${address}`;
    if (standing !== 'learner') return [];
    if (fact?.role === 'fresh') return `${id} has come with another data directory: replace it`;
    return `${id} catches up: it holds ${fact?.durable.index ?? 0} of ${last} entries`;
  });
}

const newestHeard = (
  id: string,
  descriptions: readonly ServerDescription[],
): GossipEntry | undefined =>
  descriptions
    .flatMap(({ facts }) => facts.filter(({ fact }) => fact.owner === id))
    .sort((a, b) => a.ageMs - b.ageMs)[0];

/** The reachable server that says so itself, in the newest term. */
function leaderOf(members: readonly MemberView[]): string | undefined {
  const leaders = members.filter(({ reachable, fact }) => reachable && fact?.role === 'leader');
  return leaders.sort((a, b) => (b.fact?.term ?? 0) - (a.fact?.term ?? 0))[0]?.id;
}

function judge(
  members: readonly MemberView[],
  leader: string | undefined,
): { health: Health; reason: string } {
  const expected = members.filter(({ standing }) => standing !== 'awaited');
  const missing = expected.filter(({ reachable }) => !reachable).map(({ id }) => id);
  const outside = expected.filter(({ reachable, fact }) => reachable && fact?.role === 'fresh');
  const voters = members.filter(({ standing }) => standing === 'voter');
  const isServing = voters.filter(({ reachable }) => reachable).length > voters.length / 2;
  if (leader === undefined || !isServing) {
    const down = missing.length === 0 ? '' : `; ${missing.join(', ')} cannot be reached`;
    return { health: 'RED', reason: `there is no leader${down}` };
  }
  if (missing.length > 0) {
    return { health: 'YELLOW', reason: `${missing.join(', ')} cannot be reached` };
  }
  if (outside.length > 0) {
    const names = outside.map(({ id }) => id).join(', ');
    return { health: 'YELLOW', reason: `${names} takes no part (another data directory)` };
  }
  const stalled = members.filter(({ fact }) => fact?.isDiskStalled === true).map(({ id }) => id);
  if (stalled.length > 0) {
    return { health: 'YELLOW', reason: `the disk of ${stalled.join(', ')} does not keep up` };
  }
  return { health: 'GREEN', reason: 'all servers take part' };
}
