import type Router from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import type { GossipEntry } from '../../consensus/types.ts';
import type { GatewayContext, GatewayState } from '../app.ts';
import { type MemberView, viewCluster } from '../cluster-view.ts';
import { deadlineMsOf, queryText } from '../parameters.ts';
import { parseJsonBody } from '../parse-objects.ts';
import { RequestProblem } from '../problem.ts';
import { readBody } from '../read-body.ts';
import { shapedBy } from '../shaped-by.ts';

const bodyMaxBytes = 4096;

/** How the cluster does, and what its servers know of each other. */
export function addClusterRoutes(router: Router<GatewayState>, context: GatewayContext): void {
  router.get('/v1/cluster', ctx => showCluster(ctx, context));
  router.get('/v1/gossip', ctx => showGossip(ctx, context));
  router.post('/v1/leader/transfer', ctx => transferLeadership(ctx, context));
}

const transferShape = z.strictObject({
  to: z.string({ error: 'expected the name of a server' }).optional(),
});

/** Hands the leadership over, to a server or to the best one, and tells who leads then. */
async function transferLeadership(ctx: Context, { client }: GatewayContext): Promise<void> {
  const body = await readBody(ctx.req, bodyMaxBytes);
  const { to } = shapedBy(transferShape, body.length === 0 ? {} : parseJsonBody(body).value);
  const startedAt = Date.now();
  const leader = await client.transferLeadership(to, deadlineMsOf(ctx));
  ctx.body = { leader, took_ms: Date.now() - startedAt };
}

async function showCluster(ctx: Context, context: GatewayContext): Promise<void> {
  const view = await viewCluster(context.client);
  const { health, reason, term, leader, commitIndex, members, changes } = view;
  ctx.body = {
    cluster: context.clusterName,
    health,
    reason,
    term,
    leader: leader ?? null,
    commit_index: commitIndex,
    changes,
    members: members.map(member => memberBody(member, context)),
  };
}

function memberBody(member: MemberView, { nodes }: GatewayContext) {
  const { id, address, reachable, standing, isLeaving, fact, ageMs, leaseRemainingMs } = member;
  return {
    id,
    address,
    zone: nodes[id]?.zone ?? null,
    reachable,
    voter: standing === 'voter',
    standing,
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
  };
}

async function showGossip(ctx: Context, { client }: GatewayContext): Promise<void> {
  const server = queryText(ctx, 'server');
  if (server === undefined) {
    const known = client.servers.map(({ id }) => id).join(', ');
    const hint = `Name one of ${known}: /v1/gossip?server=${client.servers[0]?.id}`;
    throw new RequestProblem('badParameter', 'the parameter "server" is missing', hint);
  }
  const { facts, leader, connectedPeers } = await client.describe(server, deadlineMsOf(ctx));
  ctx.body = {
    server,
    leader: leader ?? null,
    connected_peers: connectedPeers,
    facts: facts.map(factBody),
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
    pullers: fact.childCount,
    disk_stalled: fact.isDiskStalled,
  };
}
