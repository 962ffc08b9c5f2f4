import { type ByteString, utf8BytesOf } from '../codec/byte-string.ts';
import type { Result } from '../state-machines/result.ts';
import type { Operation, Transaction } from '../state-machines/transaction.ts';
import type { Random } from './random.ts';

export type TimedWrite = {
  readonly transaction: Transaction;
  readonly done: (result: Result) => void;
};

const keys = ['t0', 't1', 't2'].map(utf8BytesOf);
const guardedKey = utf8BytesOf('g');

/**
 * What one client does with keys that expire and with locks. It goes on with a token that it had
 * once, as a process does that was paused: it is for the fence to stop it.
 */
export class TimedWrites {
  readonly #holder: string;
  readonly #random: Random;
  readonly #ttlMs: number;
  readonly #tokens = new Map<string, number>();

  constructor(holder: string, ttlMs: number, random: Random) {
    this.#holder = holder;
    this.#ttlMs = ttlMs;
    this.#random = random;
  }

  next(value: string): TimedWrite {
    return this.#random.chance(0.5) ? this.#keyWrite(value) : this.#lockWrite(value);
  }

  #keyWrite(value: string): TimedWrite {
    const key = this.#random.pick(keys as [ByteString, ...ByteString[]]);
    const isDeletion = this.#random.chance(0.15);
    const operation = isDeletion
      ? ({ op: 'delete', key } as const)
      : this.#set(key, value, this.#ttl());
    return { transaction: all([operation]), done: () => undefined };
  }

  #lockWrite(value: string): TimedWrite {
    const lock = this.#random.pick(['l0', 'l1'] as const);
    const token = this.#tokens.get(lock);
    if (token === undefined || this.#random.chance(0.3)) return this.#acquisition(lock);
    const isRelease = this.#random.chance(0.2);
    const operations: Operation[] = isRelease
      ? [{ op: 'release', lock, token }]
      : [{ op: 'guard', lock, token }, this.#set(guardedKey, value, undefined)];
    const done = (result: Result): void => {
      if (result.kind === 'aborted' && this.#random.chance(0.5)) this.#tokens.delete(lock);
    };
    return { transaction: all(operations), done };
  }

  #acquisition(lock: string): TimedWrite {
    const operation = { op: 'acquire', lock, holder: this.#holder, ttlMs: this.#ttl() } as const;
    const done = (result: Result): void => {
      const answer = result.kind === 'transacted' ? result.answers[0] : undefined;
      if (answer?.op === 'locked') this.#tokens.set(lock, answer.token);
    };
    return { transaction: all([operation]), done };
  }

  #ttl(): number {
    return Math.ceil(this.#ttlMs * this.#random.between(1, 2));
  }

  #set(key: ByteString, value: string, ttlMs: number | undefined): Operation {
    return { op: 'set', key, value: utf8BytesOf(value), type: 'text/plain', ttlMs };
  }
}

const all = (success: readonly Operation[]): Transaction => ({ compare: [], success, failure: [] });
