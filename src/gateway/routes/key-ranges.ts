import { z } from 'zod';
import { type KeyRangeQuery, keyRange } from '../../machines/keys/key-range.ts';
import { jsonBody } from '../bodies.ts';
import { flag, textOf, wholeNumber } from '../fields.ts';
import { itemBody } from '../item-body.ts';
import { cursorOf, cursorText } from '../key-cursor.ts';
import {
  checkReadDemand,
  guardOf,
  lockHeaders,
  readDemandFields,
  revisionField,
} from '../key-parameters.ts';
import { boundsOf, checkRange, rangeFields } from '../key-range.ts';
import { describeRead } from '../read-headers.ts';
import { type Route, route } from '../route.ts';
import { answerTo, operate, transact } from '../transact.ts';

const defaultLimit = 100;
const limitMax = 10_000;

/** Names of the API for what keys are sorted by. */
const sortFields = {
  key: 'key',
  version: 'version',
  create_revision: 'createRevision',
  mod_revision: 'modRevision',
  value: 'value',
} as const satisfies Readonly<Record<string, KeyRangeQuery['sort']>>;
const sortNames = Object.keys(sortFields) as (keyof typeof sortFields)[];

const listShape = z
  .strictObject({
    ...readDemandFields,
    ...rangeFields,
    revision: revisionField().optional(),
    limit: wholeNumber({ min: 1, max: limitMax }).default(defaultLimit),
    keys_only: flag().default(false),
    count_only: flag().default(false),
    sort: z.enum(sortNames).default('key'),
    order: z.enum(['ascend', 'descend']).default('ascend'),
    min_mod_revision: revisionField().optional(),
    max_mod_revision: revisionField().optional(),
    min_create_revision: revisionField().optional(),
    max_create_revision: revisionField().optional(),
    cursor: textOf(cursorOf, 'the cursor of the page before, as it is').optional(),
  })
  .superRefine(checkReadDemand)
  .superRefine(checkRange)
  .superRefine((query, context) => {
    const { cursor, revision, sort, order } = query;
    const refuse = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (typeof cursor !== 'object') return;
    if (revision !== undefined) refuse('revision', 'but the cursor names one already');
    if (sort !== 'key' || order !== 'ascend') {
      refuse('cursor', 'but only pages in ascending order of the keys have one');
    }
    const range = boundsOf(query);
    if (cursor.start < range.start || (range.end !== '' && cursor.start >= range.end)) {
      refuse('cursor', 'which belongs to another range: repeat prefix, start, end of its page');
    }
  });
type ListQuery = z.output<typeof listShape>;

function queryOf(query: ListQuery): KeyRangeQuery {
  const { limit, keys_only: keysOnly, count_only: countOnly, cursor, revision } = query;
  const page = typeof cursor === 'object' ? cursor : { revision: revision ?? 0 };
  return keyRange({
    ...boundsOf(query),
    ...page,
    limit,
    withValues: !keysOnly,
    countOnly,
    sort: sortFields[query.sort],
    isDescending: query.order === 'descend',
    createdFrom: query.min_create_revision ?? 0,
    createdThrough: query.max_create_revision ?? 0,
    modifiedFrom: query.min_mod_revision ?? 0,
    modifiedThrough: query.max_mod_revision ?? 0,
  });
}

/** Later pages show the keys as they were when the first one was read. */
const listKeys = route({
  method: 'get',
  path: '/v1/kv',
  query: listShape,
  async answer(ctx, { client }, { query, deadlineMs }) {
    const { consistency, maxStalenessMs, minIndex, server } = query;
    const demand = { consistency, maxStalenessMs, minIndex, server };
    const page = await client.query('keys.range', queryOf(query), demand, deadlineMs);
    const { items, next, isMore, revision, oldest } = page.answer;
    describeRead(ctx, page.view);
    ctx.set('X-Raft-Revision', String(revision));
    // A page counts what is left of the range; all of it is known where it begins.
    const isFirst = typeof query.cursor !== 'object';
    ctx.body = {
      keys: items.map(itemBody),
      ...(isFirst ? { count: page.answer.count } : {}),
      more: isMore,
      revision,
      oldest_revision: oldest,
      cursor: next === undefined ? null : cursorText({ revision, start: next }),
    };
  },
});

const deleteRange = route({
  method: 'delete',
  path: '/v1/kv',
  query: z
    .strictObject({ ...rangeFields, prev: flag().default(false) })
    .superRefine(checkRange)
    .superRefine(({ prefix, start, end }, context) => {
      const refuse = (field: string, message: string): void =>
        context.addIssue({ code: 'custom', path: [field], message });
      const meant = 'for all keys from "start" on, say end= as well';
      if (prefix === '') refuse('prefix', 'expected some; start=&end= means all keys');
      else if (prefix === undefined && start === undefined && end === undefined) {
        refuse('prefix', 'expected one, or "start" and "end": nobody deletes all keys by chance');
      } else if (prefix === undefined && start === undefined) {
        refuse('start', 'expected where the range begins; start= means the first key');
      } else if (prefix === undefined && end === undefined) refuse('end', `expected one; ${meant}`);
    }),
  headers: lockHeaders,
  isWrite: true,
  ifUnknown: 'Count the keys with GET /v1/kv?count_only=true, or delete them again.',
  async answer(ctx, context, { query, headers, ...sending }) {
    const wantsPrevious = query.prev;
    const operation = { op: 'keys.delete', ...boundsOf(query), wantsPrevious } as const;
    const success = [...guardOf(headers), operation];
    const done = await transact(ctx, context, { compare: [], success, failure: [] }, sending);
    const { deleted, revision, previous } = answerTo('keys.delete', done.answers.at(-1));
    const prev = wantsPrevious ? { prev: previous.map(itemBody) } : {};
    ctx.body = { deleted, revision, leader: done.leader, ...prev };
  },
});

const revision = z
  .number({ error: 'expected a revision' })
  .int({ error: 'expected a revision' })
  .min(1);

const compact = route({
  method: 'post',
  path: '/v1/kv/compact',
  body: jsonBody(z.strictObject({ revision }), '{"revision":17}'),
  isWrite: true,
  ifUnknown: 'Compact it again: what is forgotten stays forgotten.',
  async answer(ctx, context, { body, ...sending }) {
    const done = await operate(ctx, context, { op: 'keys.compact', ...body }, sending);
    const { revision, oldest } = done.answer;
    ctx.body = { revision, oldest_revision: oldest, leader: done.leader };
  },
});

/** Many keys at once, and how much of their past is kept. */
export const keyRangeRoutes: readonly Route[] = [listKeys, deleteRange, compact];
