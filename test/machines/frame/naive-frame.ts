import type { CommandItem } from '../../../src/machines/frame/command.ts';
import type { Operation } from '../../../src/machines/machines.ts';

/*
 * The frame as a reader of the docs would write it: sessions, idempotency keys and transactions in
 * plain maps, everything copied for every transaction. What it answers, the real one must answer.
 * Of the machines it knows counters and the journal; the keys have naive ones of their own.
 */

type Use = {
  readonly fingerprint: string;
  readonly answer: object;
  /** How long the answer is in bytes. */
  readonly bytes: number;
  readonly at: object;
  readonly ms: number;
};
type Store = {
  counters: Map<string, string>;
  revision: number;
  lastSeq: number;
  batches: Map<string, object>;
  token: number;
  leases: Set<number>;
};
export type NaiveEntry = { readonly index: number; readonly term: number; readonly wallMs: number };
export type NaiveLimits = {
  /** What a key takes beside its answer, and all of them at most. */
  readonly bytesPerUse: number;
  readonly maxBytes: number;
  readonly promisedMs: number;
  readonly lifetimeMs: number;
};
type Told = { readonly result: object; readonly hadEffect: boolean };

class Refused extends Error {}

export class NaiveFrame {
  nowMs = 0;
  store: Store = {
    counters: new Map(),
    revision: 0,
    lastSeq: 0,
    batches: new Map(),
    token: 0,
    leases: new Set(),
  };
  readonly #limits: NaiveLimits;
  #last: NaiveEntry | undefined;
  readonly #uses = new Map<string, Use>();
  #forgottenAtMs: number | undefined;
  readonly #sessions = new Map<number, { answers: Map<number, object>; floor: number }>();

  constructor(limits: NaiveLimits) {
    this.#limits = limits;
  }

  pass(entry: NaiveEntry): void {
    if (this.#last?.term === entry.term) this.nowMs += entry.wallMs - this.#last.wallMs;
    this.#last = entry;
  }

  open(id: number): void {
    this.#sessions.set(id, { answers: new Map(), floor: 0 });
  }

  /** What becomes of a cluster that is restored from a backup. */
  raise(floor: number): void {
    this.#sessions.clear();
    this.store.token = Math.max(this.store.token, floor);
    this.store.revision = floor;
  }

  transact(
    entry: NaiveEntry,
    id: number,
    items: readonly CommandItem[],
    ackedBelow: number,
    bytesOf: (place: number) => number,
  ): readonly Told[] {
    const told = items.map((item, place) => this.#once(entry, id, item, bytesOf(place)));
    const session = this.#sessions.get(id);
    if (session === undefined) return told;
    session.floor = Math.max(session.floor, ackedBelow);
    return told;
  }

  #once(entry: NaiveEntry, id: number, item: CommandItem, bytes: number): Told {
    const session = this.#sessions.get(id);
    if (session === undefined || item.sequence < session.floor) {
      return { result: { type: 'sessionExpired' }, hadEffect: false };
    }
    const earlier = session.answers.get(item.sequence);
    if (earlier !== undefined) return { result: earlier, hadEffect: false };
    const told = this.#underKey(entry, item, bytes);
    session.answers.set(item.sequence, told.result);
    return told;
  }

  #underKey(entry: NaiveEntry, { idempotency, transaction }: CommandItem, bytes: number): Told {
    if (idempotency === undefined) return this.#done(entry, transaction.success);
    const { key, fingerprint } = idempotency;
    const { bytesPerUse, maxBytes, promisedMs, lifetimeMs } = this.#limits;
    const ageOf = ({ ms }: Use): number => this.nowMs - ms;
    for (const [old, use] of this.#uses) if (ageOf(use) >= lifetimeMs) this.#uses.delete(old);
    const use = this.#uses.get(key);
    if (use !== undefined) {
      if (use.fingerprint !== fingerprint) return refused('keyReused');
      return { result: this.#remembered(use, true), hadEffect: false };
    }
    for (const [old, { ms }] of this.#uses) {
      const taken = [...this.#uses.values()].map(one => bytesPerUse + one.bytes);
      if (taken.reduce((sum, size) => sum + size, bytesPerUse) <= maxBytes) break;
      if (this.nowMs - ms < promisedMs) return refused('idempotencyFull');
      this.#uses.delete(old);
      this.#forgottenAtMs = ms;
    }
    const { result, hadEffect } = this.#done(entry, transaction.success);
    if (!hadEffect) return { result, hadEffect };
    const at = { term: entry.term, index: entry.index };
    const made = { fingerprint, answer: result, bytes, at, ms: this.nowMs };
    this.#uses.set(key, made);
    return { result: this.#remembered(made, false), hadEffect };
  }

  #remembered({ answer, at }: Use, isReplay: boolean): object {
    const { lifetimeMs } = this.#limits;
    const agoMs = this.nowMs - (this.#forgottenAtMs ?? Number.NEGATIVE_INFINITY);
    const windowMs = Math.min(lifetimeMs, agoMs);
    return { type: 'remembered', result: answer, ...at, isReplay, windowMs };
  }

  #done(entry: NaiveEntry, operations: readonly Operation[]): Told {
    const before = structuredClone(this.store);
    const revision = this.store.revision + 1;
    const answers: object[] = [];
    try {
      for (const one of operations) answers.push({ op: one.op, ...this.#operate(entry, one) });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.store = before;
      const result = { type: 'aborted', place: answers.length, reason: error.message };
      return { result, hadEffect: false };
    }
    if (operations.some(({ op }) => op === 'keys.add')) this.store.revision = revision;
    return { result: { type: 'done', succeeded: true, answers }, hadEffect: true };
  }

  /** What of an answer is compared. */
  #operate({ term, index }: NaiveEntry, operation: Operation): object {
    const { store } = this;
    switch (operation.op) {
      case 'keys.add': {
        const name = operation.key as string;
        const value = store.counters.get(name) ?? '0';
        if (!/^-?\d+$/.test(value)) throw new Refused('notANumber');
        const sum = String(Number(value) + operation.by);
        store.counters.set(name, sum);
        return { value: sum, revision: store.revision + 1 };
      }
      case 'journal.append': {
        const { batchId, count } = operation;
        const first = store.lastSeq + 1;
        store.lastSeq += count;
        const last = store.lastSeq;
        store.batches.set(batchId, { first, last, term, index });
        return { batchId, first, last };
      }
      case 'leases.grant':
        store.token += 1;
        store.leases.add(store.token);
        return { lease: store.token, ttlMs: operation.ttlMs };
      case 'keys.release':
        throw new Refused('staleToken');
      default:
        throw new Error(`nobody here knows ${operation.op}`);
    }
  }
}

const refused = (type: string): Told => ({ result: { type }, hadEffect: false });
