import fc from 'fast-check';
import { type ByteString, endOfKey, endOfPrefix } from '../../src/codec/byte-string.ts';
import type { FieldShapes, ValuesOf } from '../../src/codec/shape.ts';
import type { Draft } from '../../src/machines/draft.ts';
import { keys } from '../../src/machines/keys/keys.ts';
import { leases } from '../../src/machines/leases/leases.ts';
import type { OperationRule } from '../../src/machines/machine.ts';
import type { NaiveKeys } from './naive-keys.ts';

/*
 * Random transactions, carried out by the machines and by the naive ones. What a step refers to (a
 * lease, a token, a ticket) is looked up among what there is at its turn, or is wrong.
 */

const bytes = (text: string): ByteString => text as ByteString;
export const keyNames = ['a', 'aa', 'a\u00ff', 'a\u00ff\u00ff', 'b', '\u00ff', 'n'].map(bytes);
const values = ['', '1', '12', 'x', '\u00ff'].map(bytes);
export const lockNames = ['l', 'l\0', 'm'];
const holders = ['x', 'y', 'z', 'ü'];

export const bounds = fc.oneof(
  fc.constant({ start: bytes(''), end: bytes('') }),
  fc.constantFrom(...keyNames).map(key => ({ start: key, end: endOfKey(key) })),
  fc.constantFrom(...keyNames).map(key => ({ start: key, end: endOfPrefix(key) })),
  fc.record({ start: fc.constantFrom(...keyNames), end: fc.constantFrom(...keyNames) }),
);
const key = fc.constantFrom(...keyNames);
const ttlMs = fc.constantFrom(10, 20, 30);
const lock = fc.constantFrom(...lockNames);
/** Which of those that there are. */
const pick = fc.nat(6);
const hold = fc.oneof(
  fc.constant({}),
  ttlMs.map(ms => ({ ttlMs: ms })),
  pick.map(nth => ({ nth })),
);

const kinds = {
  put: fc.record({ key, value: fc.constantFrom(...values), hold, wantsPrevious: fc.boolean() }),
  delete: fc.record({ bounds, wantsPrevious: fc.boolean() }),
  range: fc.record({ bounds, limit: fc.nat(3) }),
  add: fc.record({ key, by: fc.integer({ min: -9, max: 9 }) }),
  grant: fc.record({ ttlMs }),
  revoke: fc.record({ picks: fc.array(pick, { maxLength: 3 }) }),
  expire: fc.record({ picks: fc.array(pick, { maxLength: 3 }), isStale: fc.boolean() }),
  acquire: fc.record({ lock, holder: fc.constantFrom(...holders), hold, waits: fc.boolean() }),
  renew: fc.record({ lock, ttlMs, isRight: fc.boolean() }),
  release: fc.record({ lock, isRight: fc.boolean() }),
  leave: fc.record({ lock, nth: fc.nat(2) }),
  guard: fc.record({ lock, isRight: fc.boolean() }),
};
type Kinds = typeof kinds;
type Step = {
  [Kind in keyof Kinds]: { readonly kind: Kind } & (Kinds[Kind] extends fc.Arbitrary<infer Fields>
    ? Fields
    : never);
}[keyof Kinds];

const weights: Partial<Record<keyof Kinds, number>> = { put: 4, acquire: 5, release: 2, grant: 2 };
const step = fc.oneof(
  ...Object.entries(kinds).map(([kind, fields]) => ({
    weight: weights[kind as keyof Kinds] ?? 1,
    arbitrary: (fields as fc.Arbitrary<object>).map(rest => ({ kind, ...rest }) as Step),
  })),
);
export const transaction = fc.array(step, { minLength: 1, maxLength: 4 });

type Hold = { readonly ttlMs: number | undefined; readonly lease: number | undefined };
/** What the machines are asked for, once the references are looked up. */
export type Concrete = {
  readonly run: (draft: Draft) => object;
  /** How it is written in the log, and what is written. */
  readonly takes: FieldShapes;
  readonly fields: object;
  readonly gives: FieldShapes;
};

const asked = <Takes extends FieldShapes, Gives extends FieldShapes>(
  { takes, gives, apply }: OperationRule<Takes, Gives>,
  fields: ValuesOf<Takes>,
): Concrete => ({ run: draft => apply(draft, fields), takes, fields, gives });
export type Played = { readonly expected: object[] | string; readonly concrete: Concrete[] };

/** Lets the naive ones do a transaction, and tells what the machines shall do, and must answer. */
export function play(naive: NaiveKeys, steps: readonly Step[]): Played {
  const concrete: Concrete[] = [];
  const expected = naive.run(() =>
    steps.map(one => {
      const [ask, answer] = stepOf(naive, one);
      concrete.push(ask);
      return answer();
    }),
  );
  return { expected, concrete };
}

const wrong = 999_999;

function stepOf(naive: NaiveKeys, step: Step): [Concrete, () => object] {
  const { operations } = keys;
  switch (step.kind) {
    case 'put': {
      const { key, value, wantsPrevious } = step;
      const put = { key, value, type: 'text/plain', wantsPrevious, ...holdOf(naive, step.hold) };
      return [asked(operations.put, put), () => naive.put(put)];
    }
    case 'delete': {
      const fields = { ...step.bounds, wantsPrevious: step.wantsPrevious };
      const answer = () => naive.delete(step.bounds, step.wantsPrevious);
      return [asked(operations.delete, fields), answer];
    }
    case 'range': {
      const fields = { ...step.bounds, limit: step.limit, withValues: true };
      const answer = () => naive.range(step.bounds, step.limit);
      return [asked(operations.range, fields), answer];
    }
    case 'add':
      return [
        asked(operations.add, { key: step.key, by: step.by }),
        () => naive.add(step.key, step.by),
      ];
    case 'grant':
    case 'revoke':
    case 'expire':
      return leaseStep(naive, step);
    default:
      return lockStep(naive, step);
  }
}

function leaseStep(
  naive: NaiveKeys,
  step: Extract<Step, { kind: 'grant' | 'revoke' | 'expire' }>,
): [Concrete, () => object] {
  const { operations } = leases;
  if (step.kind === 'grant') {
    const { ttlMs } = step;
    const answer = () => ({ lease: naive.grant(ttlMs), ttlMs });
    return [asked(operations.grant, { ttlMs }), answer];
  }
  const picked = step.picks.map(nth => leaseAt(nth, [...naive.data.leases.keys()]));
  if (step.kind === 'revoke') {
    const answer = () => ({ ended: naive.revoke(picked) });
    return [asked(operations.revoke, { leases: picked }), answer];
  }
  const over = picked.map(lease => {
    const renewals = naive.data.leases.get(lease)?.renewals ?? 0;
    return { lease, renewals: step.isStale ? renewals + 1 : renewals };
  });
  const answer = () => ({ ended: naive.expire(over) });
  return [asked(operations.expire, { leases: over }), answer];
}

const leaseAt = (nth: number, all: readonly number[]): number => all[nth] ?? wrong;

function holdOf(naive: NaiveKeys, hold: { ttlMs?: number; nth?: number }): Hold {
  if (hold.nth === undefined) return { ttlMs: hold.ttlMs, lease: undefined };
  // Mostly one on which something can be hung.
  const named = [...naive.data.leases].filter(([, { isPrivate }]) => !isPrivate || hold.nth === 0);
  const lease = leaseAt(
    hold.nth,
    named.map(([lease]) => lease),
  );
  return { ttlMs: undefined, lease };
}

function lockStep(
  naive: NaiveKeys,
  step: Extract<Step, { kind: 'acquire' | 'renew' | 'release' | 'leave' | 'guard' }>,
): [Concrete, () => object] {
  const { operations } = keys;
  const { lock } = step;
  if (step.kind === 'acquire') {
    const { holder, waits } = step;
    const hold = holdOf(naive, step.hold);
    const answer = () => naive.acquire(lock, holder, waits, hold);
    return [asked(operations.acquire, { lock, holder, waits, ...hold }), answer];
  }
  if (step.kind === 'leave') {
    const ticket = naive.data.lines.get(lock)?.[step.nth]?.ticket ?? wrong;
    const answer = () => naive.leave(lock, ticket);
    return [asked(operations.leave, { lock, ticket }), answer];
  }
  const token = step.isRight ? (naive.data.locks.get(lock)?.token ?? wrong) : wrong;
  if (step.kind === 'renew') {
    const { ttlMs } = step;
    const answer = () => naive.renew(lock, token, ttlMs);
    return [asked(operations.renew, { lock, token, ttlMs }), answer];
  }
  if (step.kind === 'guard') {
    const answer = () => naive.guard(lock, token);
    return [asked(operations.guard, { lock, token }), answer];
  }
  return [asked(operations.release, { lock, token }), () => naive.release(lock, token)];
}
