import type { Context } from 'koa';
import { z } from 'zod';
import { serverName, serverNameRule } from '../../config/server-name.ts';
import { memberOf } from '../../consensus/quorum.ts';
import { problemOfAddress } from '../../transport/endpoint.ts';
import type { MemberChange, NodeId } from '../../words.ts';
import { jsonBody } from '../bodies.ts';
import type { GatewayContext } from '../context.ts';
import { RequestProblem } from '../problem.ts';
import { type Route, route } from '../route.ts';

const params = z.strictObject({
  id: z
    .string()
    .regex(serverName, { error: serverNameRule })
    .transform(id => id as NodeId),
});

const memberShape = z.strictObject({
  address: z
    .string({ error: 'expected an address like "localhost:50054"' })
    .superRefine((address, context) => {
      const problem = problemOfAddress(address);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    }),
});

/** Who belongs to the cluster. Answered once a majority knows; /v1/cluster shows the progress. */
export const memberRoutes: readonly Route[] = [
  route({
    method: 'put',
    path: '/v1/members/:id',
    params,
    body: jsonBody(memberShape, '{"address":"localhost:50054"}'),
    answer: (ctx, context, { params: { id }, body: { address }, deadlineMs }) =>
      change(ctx, context, { type: 'put', id, address }, deadlineMs),
  }),
  route({
    method: 'delete',
    path: '/v1/members/:id',
    params,
    answer: (ctx, context, { params: { id }, deadlineMs }) =>
      change(ctx, context, { type: 'remove', id }, deadlineMs),
  }),
  route({
    method: 'post',
    path: '/v1/members/:id/replace',
    params,
    answer: (ctx, context, { params: { id }, deadlineMs }) =>
      replaceMember(ctx, context, id, deadlineMs),
  }),
];

/** Its data directory is lost, and it shall come back with an empty one. */
async function replaceMember(
  ctx: Context,
  context: GatewayContext,
  id: NodeId,
  deadlineMs: number,
): Promise<void> {
  const config = await context.client.currentConfig(deadlineMs);
  const member = memberOf(config, id);
  if (member === undefined) {
    const known = config.members.map(one => one.id).join(', ');
    throw new RequestProblem('notFound', `there is no member ${id}`, `The members are ${known}.`);
  }
  // It has none yet: so it may come with any.
  const { directoryId } = member;
  if (directoryId === undefined) ctx.body = accepted(id);
  else await change(ctx, context, { type: 'replace', id, directoryId }, deadlineMs);
}

async function change(
  ctx: Context,
  { client }: GatewayContext,
  wanted: MemberChange,
  deadlineMs: number,
): Promise<void> {
  await client.changeMembers([wanted], deadlineMs);
  ctx.status = 202;
  ctx.body = accepted(wanted.id);
}

const accepted = (id: NodeId) => ({ member: id, accepted: true, progress: '/v1/cluster' });
