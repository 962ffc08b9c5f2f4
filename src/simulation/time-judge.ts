import type { Command } from '../state-machines/command.ts';
import type { KeyChange } from '../state-machines/key-values.ts';
import type { Result } from '../state-machines/result.ts';
import type { Operation } from '../state-machines/transaction.ts';
import { demand } from './failure.ts';

/** Stamps are whole milliseconds, and each leader rounds its own. */
const roundingMs = 3;

type Applied = {
  readonly index: number;
  /** When its leader appended it, in true time. */
  readonly appendedAtMs: number;
  readonly command: Command;
  readonly result: Result;
  /** False when it is an earlier answer that is given again. */
  readonly hadEffect: boolean;
  /** Keys that were there before this entry. */
  readonly gone: readonly KeyChange[];
};
type Grant = { readonly holder: string; readonly token: number; readonly endsAtMs: number };

/** Judges what depends on time by true time: nothing may end earlier than any clock allows. */
export class TimeJudge {
  readonly #clockDrift: number;
  /** By key and revision: the earliest moment at which it may be gone. */
  readonly #mayGoAtMs = new Map<string, number>();
  /** Locks that were not released. */
  readonly #grants = new Map<string, Grant>();
  #lastToken = 0;
  /** Idempotency keys, with the entry in which each took effect. */
  readonly #uses = new Map<string, number>();

  constructor(clockDrift: number) {
    this.#clockDrift = clockDrift;
  }

  applied(entry: Applied): void {
    const operations = doneBy(entry);
    const deleted = new Set(
      operations.flatMap(operation => (operation.op === 'delete' ? [operation.key] : [])),
    );
    for (const { key, before } of entry.gone) {
      if (!deleted.has(key)) this.#expired(`${key} ${before?.modRevision}`, entry.appendedAtMs);
    }
    for (const operation of operations) this.#judge(operation, entry);
    if (entry.hadEffect) this.#judgeKey(entry);
  }

  /** A fast clock counts so much true time as the whole of a duration. */
  #endOf(appendedAtMs: number, ttlMs: number): number {
    return appendedAtMs + ttlMs / (1 + this.#clockDrift) - roundingMs;
  }

  #expired(name: string, atMs: number): void {
    const earliestMs = this.#mayGoAtMs.get(name) ?? Number.POSITIVE_INFINITY;
    demand(atMs >= earliestMs, `the key ${name} is gone ${earliestMs - atMs} ms too early`);
  }

  #judge(operation: Operation, { index, appendedAtMs, result }: Applied): void {
    switch (operation.op) {
      case 'set':
        if (operation.ttlMs === undefined) return;
        this.#mayGoAtMs.set(
          `${operation.key} ${index}`,
          this.#endOf(appendedAtMs, operation.ttlMs),
        );
        return;
      case 'acquire':
        this.#granted(operation, tokenOf(result), appendedAtMs);
        return;
      case 'release':
        this.#demandHeld(operation);
        this.#grants.delete(operation.lock);
        return;
      case 'guard':
        this.#demandHeld(operation);
        return;
      default:
        return;
    }
  }

  #granted(
    { lock, holder, ttlMs }: Extract<Operation, { op: 'acquire' }>,
    token: number,
    atMs: number,
  ): void {
    const held = this.#grants.get(lock);
    const isRepeated = held?.token === token;
    if (isRepeated) demand(held.holder === holder, `two holders have the token ${token}`);
    else {
      demand(token > this.#lastToken, `the token ${token} follows ${this.#lastToken}`);
      const isOver = held === undefined || atMs >= held.endsAtMs;
      demand(isOver, `${holder} has ${lock} while ${held?.holder} may still hold it`);
    }
    this.#lastToken = Math.max(this.#lastToken, token);
    const endsAtMs = this.#endOf(atMs, ttlMs);
    const heldUntilMs = isRepeated ? Math.max(held.endsAtMs, endsAtMs) : endsAtMs;
    this.#grants.set(lock, { holder, token, endsAtMs: heldUntilMs });
  }

  #demandHeld({ op, lock, token }: { op: string; lock: string; token: number }): void {
    const held = this.#grants.get(lock);
    demand(held?.token === token, `a ${op} under the old token ${token} of ${lock} took effect`);
  }

  #judgeKey({ index, command, result }: Applied): void {
    if (command.kind !== 'put' || command.idempotencyKey === undefined) return;
    if (result.kind !== 'appended' || result.isReplay) return;
    const earlier = this.#uses.get(command.idempotencyKey);
    const key = command.idempotencyKey;
    demand(earlier === undefined, `the key ${key} took effect in ${earlier} and in ${index}`);
    this.#uses.set(key, index);
  }
}

/** The operations of a transaction that took effect. */
function doneBy({ command, result, hadEffect }: Applied): readonly Operation[] {
  if (!hadEffect || command.kind !== 'transact' || result.kind !== 'transacted') return [];
  return result.succeeded ? command.success : command.failure;
}

function tokenOf(result: Result): number {
  const answers = result.kind === 'transacted' ? result.answers : [];
  const locked = answers.find(answer => answer.op === 'locked');
  return locked?.op === 'locked' ? locked.token : 0;
}
