import type { Context } from 'koa';
import { z } from 'zod';
import { addressText, problemOfAddress } from '../../addresses.ts';
import type { ClusterClient } from '../../client/cluster-client.ts';
import { viewCluster } from '../../client/cluster-view.ts';
import { serverName, serverNameRule } from '../../config/server-name.ts';
import type { Member } from '../../consensus/types.ts';
import type { DirectoryId, MemberChange, NodeId } from '../../words.ts';
import { jsonBody, optionalJsonBody } from '../bodies.ts';
import type { GatewayContext } from '../context.ts';
import { RequestProblem } from '../problem.ts';
import { type Route, route } from '../route.ts';

const name = z
  .string()
  .regex(serverName, { error: serverNameRule })
  .transform(id => id as NodeId);
const params = z.strictObject({ id: name });

const addressShape = z
  .string({ error: 'expected an address like "localhost:50054"' })
  .superRefine((address, context) => {
    const problem = problemOfAddress(address);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });
const memberShape = z.strictObject({ address: addressShape });

const replaceShape = z
  .strictObject({
    with: name.optional(),
    address: addressShape.optional(),
    /** Also while the directory that is given up still answers. */
    force: z.boolean().default(false),
  })
  .superRefine(({ with: other, address }, context) => {
    if (address === undefined || other !== undefined) return;
    const message =
      'but "with" is missing: it is the address of another server that is named there';
    context.addIssue({ code: 'custom', path: ['address'], message });
  });

const ifUnknown = 'GET /v1/cluster shows it under changes; asked again, it changes nothing more.';

/** Who belongs to the cluster. Answered once a majority knows; /v1/cluster shows the progress. */
export const memberRoutes: readonly Route[] = [
  route({
    method: 'put',
    path: '/v1/members/:id',
    params,
    ifUnknown,
    body: jsonBody(memberShape, '{"address":"localhost:50054"}'),
    answer: (ctx, context, { params: { id }, body: { address }, deadlineMs }) =>
      change(ctx, context, id, [{ type: 'put', id, address }], Date.now() + deadlineMs),
  }),
  route({
    method: 'delete',
    path: '/v1/members/:id',
    params,
    ifUnknown,
    async answer(ctx, context, { params: { id }, deadlineMs }) {
      const deadline = Date.now() + deadlineMs;
      await context.client.member(id, deadlineMs);
      await change(ctx, context, id, [{ type: 'remove', id }], deadline);
    },
  }),
  route({
    method: 'post',
    path: '/v1/members/:id/replace',
    params,
    ifUnknown,
    body: optionalJsonBody(replaceShape, '{"with":"n4","address":"localhost:50055"}'),
    async answer(ctx, context, { params: { id }, body, deadlineMs }) {
      const deadline = Date.now() + deadlineMs;
      const { with: other, address, force } = body;
      const member = await context.client.member(id, deadlineMs);
      const changes =
        other === undefined
          ? await givingUp(context.client, member, force)
          : await takingOver(context, member, { id: other, address }, deadlineMs);
      await change(ctx, context, id, changes, deadline);
    },
  }),
];

/**
 * Another server comes in its place, and it goes when that one votes. One that votes already does
 * not come: the member would go at once.
 */
async function takingOver(
  context: GatewayContext,
  { id, isLeaving }: Member,
  other: { readonly id: NodeId; readonly address: string | undefined },
  deadlineMs: number,
): Promise<readonly MemberChange[]> {
  const put = putOf(context, id, other.id, other.address);
  const { members } = await context.client.currentConfig(deadlineMs);
  const isVoter = members.some(member => member.id === other.id && member.isVoter);
  // Asked once more, it may have come meanwhile.
  if (!isVoter || isLeaving) return [put, { type: 'remove', id }];
  const detail = `${other.id} is a member already, and cannot come in the place of ${id}`;
  const hint = `Name a new server; or take ${id} out: DELETE /v1/members/${id}.`;
  throw new RequestProblem('alreadyMember', detail, hint);
}

function putOf(
  { nodes }: GatewayContext,
  id: NodeId,
  other: NodeId,
  address: string | undefined,
): MemberChange {
  const listed = nodes[other];
  const place = address ?? (listed === undefined ? undefined : addressText(listed));
  if (place !== undefined && other !== id) return { type: 'put', id: other, address: place };
  const detail =
    other === id
      ? `"with" is "${id}", which cannot take its own place`
      : `"address" is missing: no server "${other}" is listed here`;
  const hint = `Name another server and its address: {"with":"n4","address":"localhost:50055"}.`;
  throw new RequestProblem('wrongShape', detail, hint);
}

/** Its data directory is lost, and it shall come back with an empty one. */
async function givingUp(
  client: ClusterClient,
  { id, directoryId }: Member,
  force: boolean,
): Promise<readonly MemberChange[]> {
  // It has none yet: so it may come with any.
  if (directoryId === undefined) return [];
  if (!force && (await stillAnswers(client, id, directoryId))) {
    const detail = `${id} still answers with the data directory that would be given up`;
    const hint = `Stop ${id} first; or send {"force":true}, and what is in it counts no more.`;
    throw new RequestProblem('stillThere', detail, hint);
  }
  return [{ type: 'replace', id, directoryId }];
}

/** To us, or to the leader: we may be the one that is cut off. */
async function stillAnswers(
  client: ClusterClient,
  id: NodeId,
  directoryId: DirectoryId,
): Promise<boolean> {
  const { members } = await viewCluster(client);
  const seen = members.find(member => member.id === id);
  const isHeard = seen?.reachable === true || seen?.isFollowing === true;
  return isHeard && seen?.fact?.directoryId === directoryId;
}

async function change(
  ctx: Context,
  { client }: GatewayContext,
  id: NodeId,
  changes: readonly MemberChange[],
  deadline: number,
): Promise<void> {
  if (changes.length > 0) {
    await client.changeMembers(changes, Math.max(1, deadline - Date.now()));
  }
  ctx.status = 202;
  ctx.body = { member: id, accepted: true, progress: '/v1/cluster' };
}
