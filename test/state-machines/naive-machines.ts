import type { Command, Put, Transact } from '../../src/state-machines/command.ts';
import type { Comparison, Operation } from '../../src/state-machines/transaction.ts';

/*
 * The state machines as a reader of the docs would write them: everything in plain maps, everything
 * due goes at once, everything is copied. What they answer, the real ones must answer.
 */

type Key = {
  readonly value: string;
  readonly type: string;
  readonly version: number;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly endsAt: number | undefined;
};
type Lock = { readonly holder: string; readonly token: number; readonly endsAt: number };
type Use = { readonly fingerprint: string; readonly placement: object; readonly atMs: number };
type Store = { keys: Map<string, Key>; locks: Map<string, Lock> };
type Entry = { readonly index: number; readonly term: number; readonly wallMs: number };

export type NaiveLimits = {
  readonly usesMax: number;
  readonly promisedMs: number;
  readonly lifetimeMs: number;
};

class Refused extends Error {}

export class NaiveMachines {
  nowMs = 0;
  store: Store = { keys: new Map(), locks: new Map() };
  /** The keys as they could be seen at each revision. */
  readonly past = new Map<number, string>();
  readonly #limits: NaiveLimits;
  #last: Entry | undefined;
  #lastSeq = 0;
  #uses = new Map<string, Use>();
  #forgottenAtMs: number | undefined;
  readonly #sessions = new Map<number, Map<number, object>>();

  constructor(limits: NaiveLimits) {
    this.#limits = limits;
  }

  apply(entry: Entry, command: Command): object {
    if (this.#last?.term === entry.term) this.nowMs += entry.wallMs - this.#last.wallMs;
    this.#last = entry;
    const isAlive = ([, { endsAt }]: [string, Key | Lock]): boolean =>
      endsAt === undefined || endsAt > this.nowMs;
    this.store = {
      keys: new Map([...this.store.keys].filter(isAlive)),
      locks: new Map([...this.store.locks].filter(isAlive)),
    };
    const result = this.#carryOut(entry, command);
    this.past.set(entry.index, this.keysText());
    return result;
  }

  forgetSessions(): void {
    this.#sessions.clear();
  }

  keysText(): string {
    const rows = [...this.store.keys].map(
      ([key, { value, version }]) => `${key}=${value}/${version}`,
    );
    return rows.sort((a, b) => (a < b ? -1 : 1)).join();
  }

  #carryOut(entry: Entry, command: Command): object {
    if (command.kind === 'tick') return { kind: 'ticked' };
    if (command.kind === 'openSession') {
      this.#sessions.set(entry.index, new Map());
      return { kind: 'sessionOpened', session: entry.index };
    }
    const answers = this.#sessions.get(command.session);
    if (answers === undefined) return { kind: 'sessionExpired' };
    const earlier = answers.get(command.sequence);
    if (earlier !== undefined) {
      return 'placement' in earlier && 'isReplay' in earlier
        ? { ...earlier, isReplay: true }
        : earlier;
    }
    const result =
      command.kind === 'put' ? this.#put(entry, command) : this.#transact(entry, command);
    answers.set(command.sequence, result);
    return result;
  }

  #append(entry: Entry, batchId: string, count: number): object {
    const first = this.#lastSeq + 1;
    this.#lastSeq += count;
    return { batchId, first, last: this.#lastSeq, term: entry.term, index: entry.index };
  }

  #put(entry: Entry, { batchId, count, idempotencyKey, fingerprint = '' }: Put): object {
    if (idempotencyKey === undefined) {
      return { kind: 'appended', placement: this.#append(entry, batchId, count), isReplay: false };
    }
    const { usesMax, promisedMs, lifetimeMs } = this.#limits;
    const ageOf = ({ atMs }: Use): number => this.nowMs - atMs;
    this.#uses = new Map([...this.#uses].filter(([, use]) => ageOf(use) < lifetimeMs));
    const use = this.#uses.get(idempotencyKey);
    if (use !== undefined) {
      const { placement } = use;
      if (use.fingerprint !== fingerprint) return { kind: 'keyConflict', placement };
      return { kind: 'appended', placement, isReplay: true, windowMs: this.#windowMs() };
    }
    for (const [key, old] of this.#uses) {
      if (this.#uses.size < usesMax) break;
      if (ageOf(old) < promisedMs) return { kind: 'idempotencyFull' };
      this.#uses.delete(key);
      this.#forgottenAtMs = old.atMs;
    }
    const placement = this.#append(entry, batchId, count);
    this.#uses.set(idempotencyKey, { fingerprint, placement, atMs: this.nowMs });
    return { kind: 'appended', placement, isReplay: false, windowMs: this.#windowMs() };
  }

  #windowMs(): number {
    const { lifetimeMs } = this.#limits;
    if (this.#forgottenAtMs === undefined) return lifetimeMs;
    return Math.min(lifetimeMs, this.nowMs - this.#forgottenAtMs);
  }

  #transact(entry: Entry, { compare, success, failure }: Transact): object {
    const before = structuredClone(this.store);
    const lastSeq = this.#lastSeq;
    const { index: revision } = entry;
    const succeeded = compare.every(comparison => this.#holds(comparison));
    const answers: object[] = [];
    try {
      for (const operation of succeeded ? success : failure) {
        answers.push(this.#operate(entry, operation));
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.store = before;
      this.#lastSeq = lastSeq;
      return { kind: 'aborted', revision, place: answers.length, reason: error.message };
    }
    return { kind: 'transacted', revision, succeeded, answers };
  }

  #holds(comparison: Comparison): boolean {
    if (comparison.what === 'token') {
      return this.store.locks.get(comparison.lock)?.token === comparison.token;
    }
    const key = this.store.keys.get(comparison.key);
    const is = (left: string | number | undefined, right: string | number): boolean => {
      if (comparison.is === '!=') return left !== right;
      if (left === undefined) return false;
      if (comparison.is === '=') return left === right;
      return comparison.is === '<' ? left < right : left > right;
    };
    if (comparison.what === 'value') return is(key?.value, comparison.value);
    return is(key?.[comparison.what] ?? 0, comparison.number);
  }

  #operate(entry: Entry, operation: Operation): object {
    switch (operation.op) {
      case 'set':
      case 'delete':
      case 'get':
      case 'look':
      case 'add':
        return this.#operateKey(entry, operation);
      case 'append': {
        const placement = this.#append(entry, operation.batchId, operation.count);
        return { op: 'appended', placement };
      }
      default:
        return this.#operateLock(entry, operation);
    }
  }

  #operateKey(
    entry: Entry,
    operation: Extract<Operation, { op: 'set' | 'delete' | 'get' | 'look' | 'add' }>,
  ): object {
    const { keys } = this.store;
    const key = keys.get(operation.key);
    switch (operation.op) {
      case 'set': {
        const { value, type, ttlMs } = operation;
        const endsAt = ttlMs === undefined ? undefined : this.nowMs + ttlMs;
        return { op: 'set', record: this.#write(entry, operation.key, { value, type, endsAt }) };
      }
      case 'delete':
        return { op: 'deleted', existed: keys.delete(operation.key) };
      case 'get':
        return key === undefined
          ? { op: 'got' }
          : { op: 'got', record: viewOf(key), value: key.value };
      case 'look':
        return key === undefined ? { op: 'looked' } : { op: 'looked', record: viewOf(key) };
      case 'add': {
        const text = key?.value ?? '0';
        if (!/^-?\d+$/.test(text)) throw new Refused('notANumber');
        const value = String(Number(text) + operation.by);
        const { type = 'text/plain', endsAt } = key ?? {};
        return {
          op: 'added',
          record: this.#write(entry, operation.key, { value, type, endsAt }),
          value,
        };
      }
    }
  }

  #write({ index }: Entry, name: string, fields: Pick<Key, 'value' | 'type' | 'endsAt'>): object {
    const { version = 0, createRevision = index } = this.store.keys.get(name) ?? {};
    const key = { ...fields, version: version + 1, createRevision, modRevision: index };
    this.store.keys.set(name, key);
    return viewOf(key);
  }

  #operateLock(
    { index }: Entry,
    operation: Extract<Operation, { op: 'acquire' | 'renew' | 'release' | 'guard' }>,
  ): object {
    const { locks } = this.store;
    const lock = locks.get(operation.lock);
    if (operation.op === 'acquire') {
      const { holder } = operation;
      if (lock !== undefined && lock.holder !== holder) throw new Refused('lockHeld');
      const endsAt = Math.max(this.nowMs + operation.ttlMs, lock?.endsAt ?? 0);
      const { token } = lock ?? { token: index };
      locks.set(operation.lock, { holder, token, endsAt });
      return { op: 'locked', token, ttlMs: endsAt - this.nowMs };
    }
    if (lock?.token !== operation.token) throw new Refused('staleToken');
    if (operation.op === 'guard') return { op: 'guarded' };
    if (operation.op === 'release') {
      locks.delete(operation.lock);
      return { op: 'released' };
    }
    locks.set(operation.lock, { ...lock, endsAt: this.nowMs + operation.ttlMs });
    return { op: 'locked', token: lock.token, ttlMs: operation.ttlMs };
  }
}

const viewOf = ({ value, endsAt, ...key }: Key): object => ({
  ...key,
  expiresAtMs: endsAt,
  bytes: value.length,
});
