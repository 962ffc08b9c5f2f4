import type { Context } from 'koa';
import { z } from 'zod';
import { type ForeignView, viewCluster } from '../../client/cluster-view.ts';
import type { MemberView } from '../../client/member-view.ts';
import type { GossipEntry } from '../../consensus/types.ts';
import { optionalJsonBody } from '../bodies.ts';
import type { GatewayContext } from '../context.ts';
import { RequestProblem } from '../problem.ts';
import { type Route, route } from '../route.ts';

const transferShape = z.strictObject({
  to: z.string({ error: 'expected the name of a server' }).optional(),
});

/** Hands the leadership over, to a server or to the best one, and tells who leads then. */
const transferLeadership = route({
  method: 'post',
  path: '/v1/leader/transfer',
  body: optionalJsonBody(transferShape, '{"to":"n2"}'),
  ifUnknown: 'GET /v1/cluster shows who leads.',
  async answer(ctx, { client }, { body, deadlineMs }) {
    const startedAt = Date.now();
    const leader = await client.transferLeadership(body.to, deadlineMs);
    ctx.body = { leader, took_ms: Date.now() - startedAt };
  },
});

const showGossip = route({
  method: 'get',
  path: '/v1/gossip',
  query: z.strictObject({ server: z.string().optional() }),
  async answer(ctx, { client }, { query, deadlineMs }) {
    const { server } = query;
    if (server === undefined || server === '') {
      const known = client.servers.map(({ id }) => id).join(', ');
      const hint = `Name one of ${known}: /v1/gossip?server=${client.servers[0]?.id}`;
      throw new RequestProblem('badParameter', 'the parameter "server" is missing', hint);
    }
    const { facts, leader, connectedPeers } = await client.describe(server, deadlineMs);
    ctx.body = {
      server,
      leader: leader ?? null,
      connected_peers: connectedPeers,
      facts: facts.map(factBody),
    };
  },
});

/** How the cluster does, and what its servers know of each other. */
export const clusterRoutes: readonly Route[] = [
  route({ method: 'get', path: '/v1/cluster', answer: showCluster }),
  showGossip,
  transferLeadership,
];

async function showCluster(ctx: Context, context: GatewayContext): Promise<void> {
  const view = await viewCluster(context.client);
  const { health, reason, survives, term, leader, commitIndex, members, changes } = view;
  ctx.body = {
    cluster: context.clusterName,
    cluster_id: view.clusterId ?? null,
    health,
    reason,
    survives,
    term,
    leader: leader ?? null,
    commit_index: commitIndex,
    changes,
    members: members.map(member => memberBody(member, context)),
    foreign: view.foreigners.map(foreignBody),
  };
}

/** A server of another cluster: either our file has its address, or its file has one of ours. */
const foreignBody = (foreigner: ForeignView) => ({
  server: foreigner.server,
  cluster_id: foreigner.clusterId,
  met_by: foreigner.metBy,
  address: foreigner.address,
  has_our_address: !foreigner.isAnswer,
  last_met: new Date(foreigner.lastMetWallMs).toISOString(),
});

function memberBody(member: MemberView, { nodes }: GatewayContext) {
  const { id, address, reachable, standing, isLeaving, fact, ageMs, leaseRemainingMs } = member;
  return {
    id,
    address,
    zone: nodes[id]?.zone ?? null,
    reachable,
    voter: standing === 'voter',
    standing,
    following: member.isFollowing,
    recovering: member.isRecovering,
    damaged_files: member.damagedFiles,
    disk_full: member.isDiskFull,
    leaving: isLeaving,
    role: reachable ? (fact?.role ?? null) : null,
    term: fact?.term ?? null,
    leader: fact?.leader ?? null,
    lease_remaining_ms: Math.round(leaseRemainingMs),
    sync_source: fact?.source ?? null,
    path_length: fact?.depth ?? null,
    last: fact?.last ?? null,
    durable: fact?.durable ?? null,
    commit: fact?.commit ?? null,
    applied_index: fact?.applied ?? null,
    disk_stalled: fact?.isDiskStalled ?? null,
    age_ms: ageMs,
    version: member.version ?? null,
    command_level: member.commandLevel ?? null,
    knows_command_level: fact?.commandLevel ?? null,
  };
}

function factBody({ fact, ageMs }: GossipEntry) {
  return {
    owner: fact.owner,
    incarnation: fact.incarnation,
    version: fact.sequence,
    age_ms: Math.round(ageMs),
    role: fact.role,
    term: fact.term,
    leader: fact.leader ?? null,
    vote: fact.vote ?? null,
    seen_round: fact.seen,
    last: fact.last,
    durable: fact.durable,
    commit: fact.commit,
    applied_index: fact.applied,
    sync_source: fact.source ?? null,
    path_length: fact.depth,
    pullers: fact.pullerCount,
    disk_stalled: fact.isDiskStalled,
  };
}
