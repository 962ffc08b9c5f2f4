import type Router from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import { serverName, serverNameRule } from '../../config/server-name.ts';
import { memberOf } from '../../consensus/quorum.ts';
import { problemOfAddress } from '../../transport/endpoint.ts';
import type { MemberChange, NodeId } from '../../words.ts';
import type { GatewayContext, GatewayState } from '../app.ts';
import { deadlineMsOf } from '../parameters.ts';
import { parseJsonBody } from '../parse-objects.ts';
import { RequestProblem } from '../problem.ts';
import { readBody } from '../read-body.ts';
import { shapedBy } from '../shaped-by.ts';

const bodyMaxBytes = 4096;

/** Who belongs to the cluster. Answered once a majority knows; /v1/cluster shows the progress. */
export function addMemberRoutes(router: Router<GatewayState>, context: GatewayContext): void {
  router.put('/v1/members/:id', ctx => putMember(ctx, context));
  router.delete('/v1/members/:id', ctx => removeMember(ctx, context));
  router.post('/v1/members/:id/replace', ctx => replaceMember(ctx, context));
}

const memberShape = z.strictObject({
  address: z.string({ error: 'expected an address like "localhost:50054"' }),
});

async function putMember(ctx: Context, context: GatewayContext): Promise<void> {
  const id = nameOf(ctx);
  const body = parseJsonBody(await readBody(ctx.req, bodyMaxBytes)).value;
  const { address } = shapedBy(memberShape, body);
  const problem = problemOfAddress(address);
  if (problem !== undefined) {
    throw new RequestProblem('wrongShape', `address: ${problem}`, 'Correct the address.');
  }
  await change(ctx, context, { type: 'put', id, address });
}

const removeMember = (ctx: Context, context: GatewayContext): Promise<void> =>
  change(ctx, context, { type: 'remove', id: nameOf(ctx) });

/** Its data directory is lost, and it shall come back with an empty one. */
async function replaceMember(ctx: Context, context: GatewayContext): Promise<void> {
  const id = nameOf(ctx);
  const config = await context.client.currentConfig(deadlineMsOf(ctx));
  const member = memberOf(config, id);
  if (member === undefined) {
    const known = config.members.map(one => one.id).join(', ');
    throw new RequestProblem('notFound', `there is no member ${id}`, `The members are ${known}.`);
  }
  // It has none yet: so it may come with any.
  if (member.directoryId === undefined) ctx.body = accepted(id);
  else await change(ctx, context, { type: 'replace', id, directoryId: member.directoryId });
}

async function change(
  ctx: Context,
  { client }: GatewayContext,
  wanted: MemberChange,
): Promise<void> {
  await client.changeMembers([wanted], deadlineMsOf(ctx));
  ctx.status = 202;
  ctx.body = accepted(wanted.id);
}

const accepted = (id: NodeId) => ({ member: id, accepted: true, progress: '/v1/cluster' });

function nameOf(ctx: Context): NodeId {
  const { id = '' } = (ctx as Context & { params: { id?: string } }).params;
  if (serverName.test(id)) return id as NodeId;
  const text = `${serverNameRule}, got ${JSON.stringify(id)}`;
  throw new RequestProblem('badParameter', text, 'Correct the name of the server.');
}
