import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { utf8BytesOf } from '../../src/codec/byte-string.ts';
import { type Command, encodeCommand } from '../../src/state-machines/command.ts';
import { keysAt, livingKeys, timeOf, versionsAfter } from '../../src/state-machines/key-values.ts';
import {
  applyEntry,
  createReplicatedState,
  type ReplicatedState,
  stateLimits,
} from '../../src/state-machines/replicated-state.ts';
import {
  captureState,
  StateBuilder,
  type StateRecord,
} from '../../src/state-machines/state-capture.ts';
import { floorBeyond, raisedTo } from '../../src/state-machines/state-floor.ts';
import type { Comparison, Operation } from '../../src/state-machines/transaction.ts';
import { bytesPerUse } from '../../src/state-machines/use-table.ts';
import { NaiveMachines } from './naive-machines.ts';

/*
 * Any commands, under any leaders: the state machines answer what the naive ones answer, show what
 * those show, now and in the past that is kept, tell watchers of every change, and go on the same
 * after a snapshot; and a cluster that is restored from a backup gives out nothing twice.
 */

const limits = {
  ...stateLimits,
  idempotency: { promisedMs: 300, lifetimeMs: 3000, maxBytes: 4 * bytesPerUse },
  history: { versionsMax: 12, changesMax: 40, bytesMax: 10_000 },
  expiredPerEntryMax: 2,
};
const naiveLimits = { usesMax: 4, promisedMs: 300, lifetimeMs: 3000 };

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f').map(utf8BytesOf);
const value = fc.constantFrom('', '0', '5', '12', 'x').map(utf8BytesOf);
const ttlMs = fc.constantFrom(1, 50, 100, 200, 400);
const lock = fc.constantFrom('l', 'm');
const holder = fc.constantFrom('x', 'y');
/** Tokens are indexes of entries: those of the first few are met now and then. */
const token = fc.integer({ min: 1, max: 20 });
const is = fc.constantFrom('=', '!=', '<', '>');

const comparison = fc.oneof(
  fc.record({
    what: fc.constantFrom('version', 'createRevision', 'modRevision'),
    key,
    is,
    number: fc.nat({ max: 4 }),
  }),
  fc.record({ what: fc.constant('value'), key, is, value }),
  fc.record({ what: fc.constant('token'), lock, token }),
) as fc.Arbitrary<Comparison>;

const operation = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('set'),
      key,
      value,
      type: fc.constant('text/plain'),
      ttlMs: fc.option(ttlMs, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('delete', 'get', 'look'), key }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('add'), key, by: fc.integer({ min: -2, max: 2 }) }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('acquire'), lock, holder, ttlMs }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('renew'), lock, token, ttlMs }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('release', 'guard'), lock, token }) },
) as fc.Arbitrary<Operation>;

const lostSession = 99;
const frame = fc.record({
  session: fc.constantFrom(1, 1, 1, lostSession),
  /** Often one that was there before: then it is a retry. */
  sequence: fc.integer({ min: 1, max: 200 }),
  ackedBelow: fc.constant(0),
});
const append = fc.record({
  op: fc.constant('append'),
  batchId: fc.uuid(),
  count: fc.constant(1),
  data: fc.constant(utf8BytesOf('[{}]')),
}) as fc.Arbitrary<Operation>;
const operations = fc
  .tuple(fc.array(operation, { maxLength: 4 }), fc.option(append, { freq: 6 }))
  .map(([some, last]) => (last === null ? some : [...some, last]));

const command = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ kind: 'tick' }) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        frame,
        fc.uuid(),
        fc.option(fc.nat({ max: 12 }), { nil: undefined }),
        fc.nat({ max: 3 }),
      )
      .map(([fields, batchId, name, use]) => ({
        kind: 'put',
        ...fields,
        batchId,
        idempotencyKey: name === undefined ? undefined : `key ${name}`,
        fingerprint: name === undefined ? undefined : `use ${use === 0 ? 0 : 1}`,
        count: 1,
        data: Buffer.from('[{}]'),
      })),
  },
  {
    weight: 8,
    arbitrary: fc
      .tuple(frame, fc.array(comparison, { maxLength: 1 }), operations, operations)
      .map(([fields, compare, success, failure]) => ({
        kind: 'transact',
        ...fields,
        compare,
        success,
        failure,
      })),
  },
) as fc.Arbitrary<Command>;

const step = fc.record({
  command,
  passedMs: fc.constantFrom(0, 1, 50, 100, 150, 1000),
  isNewLeader: fc.constantFrom(false, false, false, true),
  /** What the clock of a new leader shows more or less than that of the one before. */
  jumpMs: fc.integer({ min: -1_000_000, max: 1_000_000 }),
  /** What the state goes through before the command. */
  file: fc.option(fc.constantFrom('snapshot', 'snapshot', 'snapshot', 'backup'), { freq: 5 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const throughJson = <T>(thing: T): T => JSON.parse(JSON.stringify(thing)) as T;

function restored(records: Iterable<StateRecord>): ReplicatedState {
  const builder = new StateBuilder(limits);
  for (const record of records) builder.add(throughJson(record));
  return builder.finish();
}

class Twins {
  #state = createReplicatedState(limits);
  readonly #naive = new NaiveMachines(naiveLimits);
  #at = { index: 0, term: 1, wallMs: 2_000_000 };
  #session = 1;
  /** Of before the last restore; else of nobody. */
  #lostSession = 99;

  constructor() {
    this.#apply({ kind: 'openSession', nonce: 'n' });
  }

  /** What differs after a step; undefined when nothing does. */
  run({ command: one, passedMs, isNewLeader, jumpMs, file }: Step): string | undefined {
    const { index, term, wallMs } = this.#at;
    this.#at = isNewLeader
      ? { index, term: term + 1, wallMs: wallMs + jumpMs }
      : { index, term, wallMs: wallMs + passedMs };
    if (file === 'snapshot') this.#state = restored(captureState(this.#state));
    const reused = file === 'backup' ? this.#restore() : undefined;
    return reused ?? this.#apply(one) ?? this.#differenceOfContents() ?? this.#differenceOfPast();
  }

  /** From here on it is another cluster, and the old one may have gone on. */
  #restore(): string | undefined {
    const { index } = this.#at;
    const floor = floorBeyond(index);
    if (floor < index + 1e12) return `a log that ends at ${index} is restored from ${floor} on`;
    this.#state = restored(raisedTo(floor, captureState(this.#state)));
    this.#naive.forgetSessions();
    this.#naive.past.clear();
    this.#naive.past.set(floor, this.#naive.keysText());
    this.#at = { ...this.#at, index: floor };
    this.#lostSession = this.#session;
    this.#session = floor + 1;
    return this.#apply({ kind: 'openSession', nonce: 'n' });
  }

  #apply(one: Command): string | undefined {
    this.#at = { ...this.#at, index: this.#at.index + 1 };
    const session =
      'session' in one && one.session === lostSession ? this.#lostSession : this.#session;
    const sent = 'session' in one ? { ...one, session } : one;
    const entry = { ...this.#at, kind: 'command' as const, payload: encodeCommand(sent) };
    const answer = throughJson(applyEntry(this.#state, entry)?.result ?? {});
    const right = throughJson(this.#naive.apply(this.#at, sent));
    if (isDeepStrictEqual(answer, right)) return undefined;
    return `${one.kind} was answered by ${JSON.stringify(answer)}, not ${JSON.stringify(right)}`;
  }

  #differenceOfContents(): string | undefined {
    const { keyValues, clock } = this.#state;
    const now = textOf(livingKeys(keyValues.contents.keys, '', clock.nowMs));
    const right = this.#naive.keysText();
    return now === right ? undefined : `the keys are ${now}, not ${right}`;
  }

  #differenceOfPast(): string | undefined {
    const { keyValues, appliedIndex } = this.#state;
    for (let revision = keyValues.oldestRevision; revision <= appliedIndex; revision += 1) {
      const right = this.#naive.past.get(revision) ?? '';
      const keys = keysAt(keyValues, revision);
      const then = textOf(livingKeys(keys, '', timeOf(keyValues, revision)));
      if (then !== right) return `at revision ${revision} the keys were ${then}, not ${right}`;
      const watched = this.#watchedFrom(revision);
      if (watched !== this.#naive.keysText()) {
        return `who watches from ${revision} on comes to ${watched}`;
      }
    }
    return undefined;
  }

  /** What somebody has who read the keys at a revision, and was told of every change since. */
  #watchedFrom(revision: number): string {
    const { keyValues, clock } = this.#state;
    const keys = new Map(keysAt(keyValues, revision).entries());
    const versions = versionsAfter(keyValues, revision, Number.MAX_SAFE_INTEGER) ?? [];
    for (const { key: name, after } of versions.flatMap(({ changes }) => changes)) {
      if (after === undefined) keys.delete(name);
      else keys.set(name, after);
    }
    const { nowMs } = clock;
    return textOf(
      [...keys].filter(([, { expiresAtMs }]) => !((expiresAtMs ?? nowMs + 1) <= nowMs)),
    );
  }
}

const textOf = (
  keys: Iterable<readonly [string, { readonly value: string; readonly version: number }]>,
): string =>
  [...keys]
    .map(([name, record]) => `${name}=${record.value}/${record.version}`)
    .sort((a, b) => (a < b ? -1 : 1))
    .join();

/** What is wrong with the state machines; undefined when nothing was found. */
export function checkMachines(runs: number): string | undefined {
  let wrong: string | undefined;
  const steps = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' });
  const property = fc.property(steps, plan => {
    const twins = new Twins();
    for (const one of plan) {
      const found = twins.run(one);
      if (found === undefined) continue;
      wrong = found;
      return false;
    }
    return true;
  });
  const { failed, errorInstance } = fc.check(property, { numRuns: runs });
  return failed ? (wrong ?? String(errorInstance)) : undefined;
}
