import { z } from 'zod';
import { endOfKey } from '../../codec/byte-string.ts';
import { lockKey } from '../../machines/keys/reserved.ts';
import type { QueryAnswer } from '../../machines/machines.ts';
import { answerEvents } from '../event-answer.ts';
import { wholeNumber } from '../fields.ts';
import { lockName } from '../key-parameters.ts';
import { describeRead } from '../read-headers.ts';
import { type Route, route } from '../route.ts';
import { eventText, lockWords } from '../watch-words.ts';

const limit = wholeNumber({ min: 1, max: 1000 }).default(100);
const params = z.strictObject({ name: lockName });
const byLease = { consistency: 'lease' } as const;

type Held = NonNullable<QueryAnswer<'keys.lock'>['found']>;

const heldBody = ({ holder, token, lease, remainingMs, revision, waiting }: Held) => ({
  holder,
  token,
  lease,
  remaining_ms: remainingMs ?? null,
  revision,
  waiting,
});

const list = route({
  method: 'get',
  path: '/v1/locks',
  query: z.strictObject({ start: lockName.optional(), limit }),
  async answer(ctx, { client }, { query: { start = '', limit }, deadlineMs }) {
    const asked = { start, limit };
    const { answer, view } = await client.query('keys.locks', asked, byLease, deadlineMs);
    describeRead(ctx, view);
    ctx.body = {
      locks: answer.locks.map(held => ({ lock: held.name, ...heldBody(held) })),
      count: answer.count,
      next: answer.next ?? null,
    };
  },
});

const show = route({
  method: 'get',
  path: '/v1/locks/:name',
  params,
  query: z.strictObject({ limit }),
  async answer(ctx, { client }, { params: { name: lock }, query, deadlineMs }) {
    const asked = { lock, limit: query.limit };
    const { answer, view } = await client.query('keys.lock', asked, byLease, deadlineMs);
    const { found, waiters } = answer;
    describeRead(ctx, view);
    ctx.body = {
      lock,
      held: found !== undefined,
      ...(found === undefined ? {} : heldBody(found)),
      waiters: waiters.map(({ holder, lease, remainingMs }) => ({
        holder,
        lease,
        remaining_ms: remainingMs ?? null,
      })),
    };
  },
});

/** Who holds it now, and whenever that changes: to observe an election. */
const watch = route({
  method: 'get',
  path: '/v1/locks/:name/watch',
  params,
  headers: z.strictObject({
    'Last-Event-ID': wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER }).optional(),
  }),
  async answer(ctx, context, { params: { name: lock }, headers, deadlineMs }) {
    // What happens between the two questions is told twice rather than never.
    const newest = await context.watches.newestRevision(deadlineMs);
    const asked = { lock, limit: 1 };
    const { answer } = await context.client.query('keys.lock', asked, byLease, deadlineMs);
    const { found } = answer;
    const opening =
      found === undefined
        ? eventText('free', newest, { lock, revision: newest })
        : eventText('held', newest, {
            lock,
            holder: found.holder,
            token: found.token,
            lease: found.lease,
            revision: found.revision,
          });
    const key = lockKey(lock);
    const wants = { puts: true, deletes: true, withPrevious: false };
    const subject = { filter: { start: key, end: endOfKey(key), ...wants }, words: lockWords };
    const after = Math.min(newest, headers['Last-Event-ID'] ?? newest);
    await answerEvents(ctx, context, { subject, after, tellsProgress: false, opening });
  },
});

/** Who holds which lock, and who waits for it. */
export const lockQueryRoutes: readonly Route[] = [list, show, watch];
