import { z } from 'zod';
import { ttlMaxMs } from '../machines/leases/lease-table.ts';
import { leasesPerOperationMax } from '../machines/leases/leases.ts';
import { lockName as lock } from './key-parameters.ts';
import {
  holder,
  lease,
  lockTtl,
  msPerSecond,
  problemOfHold,
  token,
  ttlMs,
} from './lease-fields.ts';

/* What a transaction may say, as people write it. */

const itemsMax = 10_000;
const typeMaxLength = 256;
const key = z.string({ error: 'expected a key' });
const text = z.string({ error: 'expected a text' });
const whole = z.number({ error: 'expected a whole number' }).int().nonnegative();
const relation = z.enum(['=', '!=', '<', '>']);
const valueFields = { value: text.optional(), value_base64: z.base64().optional() };
const rangeFields = { prefix: key.optional(), start: key.optional(), end: key.optional() };

/** What is compared: one of these in each comparison. */
const comparable = [
  'exists',
  'version',
  'create_revision',
  'mod_revision',
  'value',
  'value_base64',
  'token',
  'alive',
  'lease',
] as const;

type Named = { readonly [Name in string]?: unknown };

const comparisonShape = z
  .strictObject({
    key: key.optional(),
    ...rangeFields,
    lock: lock.optional(),
    exists: z.boolean().optional(),
    version: whole.optional(),
    create_revision: whole.optional(),
    mod_revision: whole.optional(),
    ...valueFields,
    token: whole.optional(),
    lease: whole.optional(),
    alive: z.literal(true, { error: 'expected true; for the opposite use "else"' }).optional(),
    is: relation.optional(),
  })
  .superRefine((body, context) => {
    const problem = problemOfComparison(body);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

function problemOfComparison(body: Named): string | undefined {
  const isOfLease = body['alive'] !== undefined;
  const values = comparable.filter(
    name => body[name] !== undefined && !(isOfLease && name === 'lease'),
  );
  if (values.length !== 1) {
    const found = values.length === 0 ? 'none' : values.join(' and ');
    return `expected one of ${comparable.join(', ')}, got ${found}`;
  }
  const [compared = ''] = values;
  const subjects = subjectsOf(compared);
  const others = ['key', 'prefix', 'start', 'lock'].filter(name => !subjects.includes(name));
  const found = subjects.filter(name => body[name] !== undefined);
  if (found.length !== 1 || others.some(name => body[name] !== undefined)) {
    const other = subjects.includes('lock') ? 'key' : 'lock';
    return `expected a "${subjects[0]}" beside "${compared}", and no "${other}"`;
  }
  if (body['end'] !== undefined && body['start'] === undefined) {
    return 'expected a "start" beside "end"';
  }
  const hasRelation = !['exists', 'token', 'alive'].includes(compared);
  return body['is'] === undefined || hasRelation ? undefined : `"${compared}" takes no "is"`;
}

function subjectsOf(compared: string): readonly string[] {
  if (compared === 'token') return ['lock'];
  return compared === 'alive' ? ['lease'] : ['key', 'prefix', 'start'];
}

const seconds = z
  .number({ error: 'expected seconds' })
  .positive()
  .max(ttlMaxMs / msPerSecond);
const flag = z.boolean({ error: 'expected true or false' });
/** Refuses the field when there is something wrong with it beside the others. */
const checked =
  <Body>(field: string, problemOf: (body: Body) => string | undefined) =>
  (body: Body, context: z.RefinementCtx): void => {
    const message = problemOf(body);
    if (message !== undefined) context.addIssue({ code: 'custom', path: [field], message });
  };

const operationShape = z.discriminatedUnion('op', [
  z
    .strictObject({
      op: z.literal('put'),
      key,
      ...valueFields,
      type: text.min(1).max(typeMaxLength).optional(),
      ttl: seconds.optional(),
      lease: lease.optional(),
      prev: flag.optional(),
    })
    .superRefine(
      checked('lease', body => (body.ttl === undefined ? undefined : problemOfHold(body))),
    ),
  z.strictObject({
    op: z.literal('delete'),
    key: key.optional(),
    ...rangeFields,
    prev: flag.optional(),
  }),
  z.strictObject({ op: z.literal('get'), key }),
  z.strictObject({
    op: z.literal('range'),
    ...rangeFields,
    limit: z.number().int().min(0).max(itemsMax).default(100),
    keys_only: flag.default(false),
  }),
  z.strictObject({
    op: z.literal('incr'),
    key,
    by: z.number({ error: 'expected a whole number' }).int().default(1),
  }),
  z.strictObject({ op: z.literal('put_all'), entries: z.array(z.unknown()) }),
  z.strictObject({ op: z.literal('grant'), ttlMs }),
  z.strictObject({
    op: z.literal('revoke'),
    leases: z.array(lease).min(1).max(leasesPerOperationMax),
  }),
  z
    .strictObject({
      op: z.literal('acquire'),
      lock,
      holder,
      ttl: lockTtl.optional(),
      lease: lease.optional(),
    })
    .superRefine(checked('ttl', problemOfHold)),
  z.strictObject({ op: z.literal('renew'), lock, token, ttl: lockTtl }),
  z.strictObject({ op: z.literal('release'), lock, token }),
  z.strictObject({ op: z.literal('guard'), lock, token }),
]);

export const transactionShape = z.strictObject({
  compare: z.array(comparisonShape).default([]),
  // biome-ignore lint/suspicious/noThenProperty: the word that people write, never awaited.
  then: z.array(operationShape).default([]),
  else: z.array(operationShape).default([]),
});
export type TransactionBody = z.infer<typeof transactionShape>;
export type ComparisonBody = z.infer<typeof comparisonShape>;
export type OperationBody = z.infer<typeof operationShape>;
