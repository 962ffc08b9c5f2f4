import { setTimeout as wait } from 'node:timers/promises';
import { type ByteString, utf8BytesOf } from '../codec/byte-string.ts';
import { ClusterError } from '../errors/cluster-error.ts';
import { allLocks, lockName } from '../machines/keys/reserved.ts';
import type { WatchChange } from '../machines/machines.ts';
import type { ClusterClient } from './cluster-client.ts';
import type { MachineWatch } from './machine-watch.ts';

/** A place in the line before a lock, as `keys.acquire` has given it. */
export type PlaceInLine = {
  readonly lock: string;
  readonly holder: string;
  readonly ticket: number;
  readonly lease: number;
  readonly ttlMs: number;
  /** The lease was made for this place: nobody else keeps it alive. */
  readonly isPrivate: boolean;
  /** The revision at which it was given. */
  readonly revision: number;
};

/** The lock is ours. */
export type HeldLock = {
  readonly token: number;
  readonly lease: number;
  readonly revision: number;
};

type Waiter = {
  readonly place: PlaceInLine;
  readonly granted: (held: HeldLock) => void;
  readonly failed: (error: ClusterError) => void;
};

const askTimeoutMs = 5000;
const tickMaxMs = 10_000;
const tickMinMs = 100;

/** All who wait for locks through one client: one watch of the cluster for all of them. */
export class LockLine {
  readonly #client: ClusterClient;
  readonly #waiters = new Set<Waiter>();
  #watch: MachineWatch<'keys'> | undefined;

  constructor(client: ClusterClient) {
    this.#client = client;
  }

  get watchCount(): number {
    return this.#watch === undefined ? 0 : 1;
  }

  /**
   * Waits until the lock is given to this place. Undefined when the time is over, or the place is
   * lost: then it is given up. Whoever has gone meanwhile (`signal`) does not keep the lock either.
   * Rejects with a ClusterError.
   */
  async wait(
    place: PlaceInLine,
    { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<HeldLock | undefined> {
    const turn = this.#join(place);
    const over = new AbortController();
    const signals = [signal, AbortSignal.timeout(waitMs), over.signal];
    let problem: unknown;
    let held: HeldLock | undefined;
    try {
      // It may have been given before anybody watched.
      held = await this.#holding(place).catch(() => undefined);
      held ??= await Promise.race([turn.granted, this.#lost(place, AbortSignal.any(signals))]);
    } catch (error) {
      problem = error;
    } finally {
      over.abort();
      turn.end();
    }
    held ??= await this.#giveUp(place);
    if (held !== undefined && signal.aborted) {
      await this.#release(place, held);
      return undefined;
    }
    if (held === undefined && problem !== undefined) throw problem;
    return held;
  }

  #join(place: PlaceInLine) {
    let waiter: Waiter | undefined;
    const granted = new Promise<HeldLock>((resolve, reject) => {
      waiter = { place, granted: resolve, failed: reject };
      this.#waiters.add(waiter);
    });
    // Who has heard of it otherwise waits no longer.
    granted.catch(() => undefined);
    this.#watch ??= this.#open(place.revision);
    return { granted, end: () => this.#leave(waiter) };
  }

  #open(after: number): MachineWatch<'keys'> {
    const { start, end = '' as ByteString } = allLocks;
    return this.#client.watch({
      machine: 'keys',
      filter: { start, end, puts: true, deletes: false, withPrevious: false },
      after,
      onChanges: changes => {
        for (const change of changes) this.#hear(change);
      },
      onEnd: error => {
        this.#watch = undefined;
        for (const { failed } of this.#waiters) failed(error);
      },
    });
  }

  #hear({ key, revision, item }: WatchChange<'keys'>): void {
    const { value, token, lease } = item ?? {};
    if (token === undefined || lease === undefined) return;
    const lock = lockName(key);
    for (const { place, granted } of this.#waiters) {
      const isOurs = place.lock === lock && utf8BytesOf(place.holder) === value;
      if (isOurs && revision > place.revision) granted({ token, lease, revision });
    }
  }

  #leave(waiter: Waiter | undefined): void {
    if (waiter !== undefined) this.#waiters.delete(waiter);
    if (this.#waiters.size > 0) return;
    this.#watch?.close();
    this.#watch = undefined;
  }

  /** Resolves when the time is over, or the place is: it goes with its lease. */
  async #lost(place: PlaceInLine, signal: AbortSignal): Promise<undefined> {
    const tickMs = Math.min(tickMaxMs, Math.max(tickMinMs, place.ttlMs / 3));
    while (!signal.aborted) {
      await wait(tickMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      // A cluster that cannot answer now lets no lease end either.
      if (!(await this.#isAlive(place).catch(() => true))) return;
    }
  }

  async #isAlive({ lease, isPrivate }: PlaceInLine): Promise<boolean> {
    const demand = { consistency: 'lease' } as const;
    if (!isPrivate) {
      const { answer } = await this.#client.query('leases.get', { lease }, demand, askTimeoutMs);
      return answer.found !== undefined;
    }
    const asked = { leases: [lease] };
    const { answer } = await this.#client.query('leases.keepAlive', asked, demand, askTimeoutMs);
    return answer.leases.some(one => one.lease === lease && one.ttlMs > 0);
  }

  /** Whether the lock is ours, as a linearizable read tells. */
  async #holding({ lock, holder }: PlaceInLine): Promise<HeldLock | undefined> {
    const demand = { consistency: 'lease' } as const;
    const query = { lock, limit: 1 };
    const { answer } = await this.#client.query('keys.lock', query, demand, askTimeoutMs);
    return answer.found?.holder === holder ? answer.found : undefined;
  }

  /** Leaves the line, unless the lock was given to us at the last moment. */
  async #giveUp(place: PlaceInLine): Promise<HeldLock | undefined> {
    const { lock, holder, ticket } = place;
    // Whoever waits in another request under the same name has the same place.
    const isShared = [...this.#waiters].some(
      ({ place: other }) => other.lock === lock && other.holder === holder,
    );
    if (isShared) return undefined;
    try {
      await this.#transact({ op: 'keys.leave', lock, ticket });
      return await this.#holding(place);
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      const text = `the line could not be left (${error.message}); the lock may yet be given`;
      throw new ClusterError('outcomeUnknown', text);
    }
  }

  async #release({ lock }: PlaceInLine, { token }: HeldLock): Promise<void> {
    await this.#transact({ op: 'keys.release', lock, token });
  }

  async #transact(
    operation:
      | { readonly op: 'keys.leave'; readonly lock: string; readonly ticket: number }
      | { readonly op: 'keys.release'; readonly lock: string; readonly token: number },
  ): Promise<void> {
    const transaction = { compare: [], success: [operation], failure: [] };
    await this.#client.transact(transaction, { timeoutMs: askTimeoutMs });
  }
}
