import { z } from 'zod';
import type { ReadView } from '../../client/query.ts';
import { byteStringOf } from '../../codec/byte-string.ts';
import { leasesPerOperationMax } from '../../machines/leases/leases.ts';
import type { QueryAnswer } from '../../machines/machines.ts';
import { abortProblem } from '../abort-problem.ts';
import { jsonBody } from '../bodies.ts';
import { textOf, wholeNumber } from '../fields.ts';
import { keyBody } from '../item-body.ts';
import { keepLeasesAlive } from '../keep-alive.ts';
import { lease as leaseField, ttlMs } from '../lease-fields.ts';
import { describeRead } from '../read-headers.ts';
import { type Route, route } from '../route.ts';
import { operate } from '../transact.ts';

const defaultLimit = 100;
const limitMax = 1000;
const leaseNumber = wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER });
const params = z.strictObject({ id: leaseNumber });
const limit = wholeNumber({ min: 1, max: limitMax }).default(defaultLimit);
/** Deadlines are the affair of the leader: nobody else can tell what is left. */
const byLease = { consistency: 'lease' } as const;

const grant = route({
  method: 'post',
  path: '/v1/leases',
  body: jsonBody(z.strictObject({ ttlMs }), '{"ttlMs":10000}'),
  isWrite: true,
  ifUnknown: 'Grant another one: a lease that nobody keeps alive ends by itself.',
  async answer(ctx, context, { body, ...sending }) {
    const done = await operate(ctx, context, { op: 'leases.grant', ttlMs: body.ttlMs }, sending);
    ctx.status = 201;
    ctx.body = { lease: done.answer.lease, ttl_ms: done.answer.ttlMs, leader: done.leader };
  },
});

const keepAliveMany = route({
  method: 'post',
  path: '/v1/leases/keepalive',
  body: jsonBody(
    z.strictObject({ leases: z.array(leaseField).min(1).max(leasesPerOperationMax) }),
    '{"leases":[7]}',
  ),
  ifUnknown: 'Keep them alive again: nothing is counted.',
  async answer(ctx, { client }, { body: { leases }, deadlineMs }) {
    const { answer, view } = await keepLeasesAlive(client, leases, deadlineMs);
    describeRead(ctx, view);
    const kept = keptIn(answer);
    ctx.body = {
      leases: leases.map(lease => ({
        lease,
        alive: kept.has(lease),
        ttl_ms: kept.get(lease) ?? 0,
      })),
      leader: view.server,
    };
  },
});

const keptIn = ({ leases }: QueryAnswer<'leases.keepAlive'>): ReadonlyMap<number, number> =>
  new Map(leases.filter(({ ttlMs }) => ttlMs > 0).map(({ lease, ttlMs }) => [lease, ttlMs]));

const keepAlive = route({
  method: 'post',
  path: '/v1/leases/:id/keepalive',
  params,
  ifUnknown: 'Keep it alive again: nothing is counted.',
  async answer(ctx, { client }, { params: { id: lease }, deadlineMs }) {
    const { answer, view } = await keepLeasesAlive(client, [lease], deadlineMs);
    const keptMs = keptIn(answer).get(lease);
    if (keptMs === undefined) throw abortProblem('leaseNotFound');
    describeRead(ctx, view);
    ctx.body = { lease, ttl_ms: keptMs, leader: view.server };
  },
});

type Told = NonNullable<QueryAnswer<'leases.get'>['found']>;

const leaseBody = ({ lease, ttlMs, remainingMs, isPrivate }: Told) => ({
  lease,
  ttl_ms: ttlMs,
  remaining_ms: remainingMs ?? null,
  private: isPrivate,
});

const list = route({
  method: 'get',
  path: '/v1/leases',
  query: z.strictObject({ start: leaseNumber.default(1), limit }),
  async answer(ctx, { client }, { query, deadlineMs }) {
    const { answer, view } = await client.query('leases.list', query, byLease, deadlineMs);
    describeRead(ctx, view);
    const { leases, count, next = null } = answer;
    ctx.body = { leases: leases.map(leaseBody), count, next };
  },
});

/** Where the next page of what hangs on a lease begins, as text. */
const startOf = (text: string) => byteStringOf(Buffer.from(text, 'base64url'));

const show = route({
  method: 'get',
  path: '/v1/leases/:id',
  params,
  query: z.strictObject({
    cursor: textOf(startOf, 'the cursor of the page before, as it is').default(startOf('')),
    limit,
  }),
  async answer(ctx, { client }, { params: { id: lease }, query, deadlineMs }) {
    const { answer, view } = await client.query('leases.get', { lease }, byLease, deadlineMs);
    if (answer.found === undefined) throw abortProblem('leaseNotFound');
    const asked = { lease, start: query.cursor, limit: query.limit };
    const attached = await client.query('keys.attached', asked, byLease, deadlineMs);
    describeRead(ctx, newerOf(view, attached.view));
    const { keys, locks, next, count } = attached.answer;
    ctx.body = {
      ...leaseBody(answer.found),
      keys: keys.map(keyBody),
      locks,
      count,
      cursor: next === undefined ? null : Buffer.from(next, 'latin1').toString('base64url'),
    };
  },
});

const newerOf = (one: ReadView, other: ReadView): ReadView =>
  one.appliedIndex > other.appliedIndex ? one : other;

const revoke = route({
  method: 'delete',
  path: '/v1/leases/:id',
  params,
  isWrite: true,
  ifUnknown: 'Revoke it again: "revoked": false says that it is over.',
  async answer(ctx, context, { params: { id: lease }, ...sending }) {
    const operation = { op: 'leases.revoke', leases: [lease] } as const;
    const { answer, leader } = await operate(ctx, context, operation, sending);
    ctx.body = { lease, revoked: answer.ended > 0, leader };
  },
});

/** What keys and locks hang on: it ends unless it is kept alive, and they go with it. */
export const leaseRoutes: readonly Route[] = [grant, keepAliveMany, keepAlive, list, show, revoke];
