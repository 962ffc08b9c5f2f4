import type { ClusterClient, ServerDescription } from '../client/cluster-client.ts';
import type { Fact, GossipEntry } from '../consensus/types.ts';

/** GREEN: all is well. YELLOW: it serves, with servers missing. RED: it does not serve. */
export type Health = 'GREEN' | 'YELLOW' | 'RED';

export type MemberView = {
  readonly id: string;
  readonly reachable: boolean;
  readonly voter: boolean;
  readonly fact: Fact | undefined;
  /** Age of what is known of it, in milliseconds; 0 when it has told us itself. */
  readonly ageMs: number;
  /** What it has done since its start; undefined when it does not answer. */
  readonly counters: ServerDescription['counters'];
  /** What is left of its lease; 0 when it leads nobody. */
  readonly leaseRemainingMs: number;
};
export type ClusterView = {
  readonly health: Health;
  readonly reason: string;
  readonly term: number;
  readonly leader: string | undefined;
  readonly commitIndex: number;
  readonly members: readonly MemberView[];
};

const describeTimeoutMs = 1000;

/** Asks every server for its own view, and joins what they say. */
export async function viewCluster(client: ClusterClient): Promise<ClusterView> {
  const answers = await Promise.all(
    client.servers.map(({ id }) => client.describe(id, describeTimeoutMs).catch(() => undefined)),
  );
  const descriptions = answers.flatMap(answer => (answer === undefined ? [] : [answer]));
  const members = client.servers.map(({ id }) => memberView(id, descriptions));
  const leader = leaderOf(members);
  return {
    ...judge(members, leader),
    term: Math.max(0, ...members.map(({ fact }) => fact?.term ?? 0)),
    leader,
    commitIndex: Math.max(0, ...members.map(({ fact }) => fact?.commit.index ?? 0)),
    members,
  };
}

function memberView(id: string, descriptions: readonly ServerDescription[]): MemberView {
  const own = descriptions.find(({ server }) => server === id);
  const heard = own?.facts[0] ?? newestHeard(id, descriptions);
  const config = descriptions.find(({ members }) => members.length > 0)?.members ?? [];
  return {
    id,
    reachable: own !== undefined,
    voter: config.find(member => member.id === id)?.isVoter ?? false,
    fact: heard?.fact,
    ageMs: own === undefined ? Math.round(heard?.ageMs ?? 0) : 0,
    counters: own?.counters,
    leaseRemainingMs: own?.leaseRemainingMs ?? 0,
  };
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
  const missing = members.filter(({ reachable }) => !reachable).map(({ id }) => id);
  const outside = members.filter(({ reachable, fact }) => reachable && fact?.role === 'fresh');
  const isServing = members.length - missing.length > members.length / 2;
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
