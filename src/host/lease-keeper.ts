import type { LogIndex } from '../consensus/types.ts';
import { encodeCommand } from '../machines/frame/command.ts';
import {
  type Lease,
  type LeasesState,
  leaseOfKey,
  leasesSlot,
} from '../machines/leases/lease-table.ts';
import { leasesPerOperationMax } from '../machines/leases/leases.ts';
import type { PersistentMap } from '../machines/persistent-map.ts';
import { DeadlineHeap } from './deadline-heap.ts';
import type { HostContext } from './host-context.ts';

/** A leader that takes no proposals now is asked again then. */
const retryMs = 100;
/** Timers cannot sleep for longer than 24 days; this one looks again after one. */
const sleepMaxMs = 24 * 60 * 60 * 1000;
/** A timer that fires so late: the process has stood still, and what was sent to it may wait. */
const standstillMs = 100;

/** Deadlines of leases that are gone are swept out when they are the more part, beyond so many. */
const heapSlack = 1000;

type Kept = {
  readonly lease: Lease;
  deadlineMs: number;
  /** Its deadline in the heap, which is looked at again when it has come; undefined: it has. */
  queuedAtMs: number | undefined;
};
/** `ttlMs` is 0 for a lease that is over. */
export type KeptAlive = { readonly lease: number; readonly ttlMs: number };

/**
 * Counts how long leases have left, at the leader and by its own clock. It proposes the end of
 * those whose time is over; only the log ends them.
 *
 * Never early: each begins with its full time when the server begins to lead, when the log has
 * granted or renewed it, and when the process has stood still and so may not have heard of its
 * holder. What keeps a lease alive counts from the moment at which the request came in, and is
 * answered only by a leader that was none the less leader after it: the next one has begun later.
 */
export class LeaseKeeper {
  readonly #context: HostContext;
  readonly #kept = new Map<number, Kept>();
  readonly #deadlines = new DeadlineHeap();
  #granted: PersistentMap<Lease> | undefined;
  /** The term in which this server counts; undefined while it does not lead. */
  #term: number | undefined;
  #timer:
    | { readonly atMs: number; readonly wakesAtMs: number; readonly callOff: () => void }
    | undefined;
  /** They are proposed to end; whoever keeps them alive now comes too late. */
  readonly #ending = new Set<number>();
  #unsubscribe = (): void => undefined;

  constructor(context: HostContext) {
    this.#context = context;
  }

  start(): void {
    // A leader applies an entry of its own before it does anything else: it is looked at then.
    this.#unsubscribe = this.#context.requests.onAdvance(() => this.#look());
  }

  stop(): void {
    this.#unsubscribe();
    this.#callOff();
  }

  /** What a lease has left; undefined where this server does not count, or there is none. */
  remainingMs(lease: number): number | undefined {
    this.#follow();
    const kept = this.#kept.get(lease);
    return kept && Math.max(0, Math.floor(kept.deadlineMs - this.#context.host.now()));
  }

  /** Each lease that is alive has its full time from a moment on. */
  keepAlive(leases: readonly number[], fromMs: number): readonly KeptAlive[] {
    this.#follow();
    return leases.map(lease => {
      const kept = this.#ending.has(lease) ? undefined : this.#kept.get(lease);
      if (kept === undefined) return { lease, ttlMs: 0 };
      const { ttlMs } = kept.lease;
      // It stands in the heap with its old deadline, and is put back when that has come.
      kept.deadlineMs = Math.max(kept.deadlineMs, fromMs + ttlMs);
      return { lease, ttlMs };
    });
  }

  #look(): void {
    if (this.#hasStoodStill()) this.#beginAnew();
    this.#follow();
    if (this.#term !== undefined) this.#endWhatIsOver();
  }

  /** The timer should have woken us long ago: whatever comes first now, comes after a gap. */
  #hasStoodStill(): boolean {
    const { wakesAtMs = Number.POSITIVE_INFINITY } = this.#timer ?? {};
    return this.#context.host.now() - wakesAtMs > standstillMs;
  }

  /**
   * Counts what the log has granted by now, from now on. What was counted in an older term is
   * forgotten before anything else: whoever led in between may have promised more.
   */
  #follow(): void {
    const { host, applyLoop } = this.#context;
    const { role, term } = host.view();
    if (role !== 'leader' || (this.#term !== undefined && this.#term !== term)) {
      this.#reset();
    }
    if (role !== 'leader') return;
    const { appliedIndex, states } = applyLoop.state;
    if (this.#term === undefined) {
      // Its own first entry stands behind all that others may have granted, renewed or ended.
      if (host.view().positionAt(appliedIndex as LogIndex).term !== term) return;
      this.#term = term;
    }
    const { granted } = states[leasesSlot.name] as LeasesState;
    if (granted !== this.#granted) this.#count(granted);
  }

  #count(granted: PersistentMap<Lease>): void {
    const now = this.#context.host.now();
    const before = this.#granted;
    const changes =
      before === undefined
        ? Array.from(granted.entries(), ([key, after]) => ({ key, after }))
        : granted.differences(before);
    for (const { key, after } of changes) {
      const lease = leaseOfKey(key);
      if (after === undefined) {
        this.#kept.delete(lease);
        this.#ending.delete(lease);
      } else this.#begin(lease, after, now);
    }
    this.#granted = granted;
  }

  /** One that stands in the heap with an earlier deadline is put back when that has come. */
  #begin(lease: number, value: Lease, now: number): void {
    const deadlineMs = now + value.ttlMs;
    const { queuedAtMs } = this.#kept.get(lease) ?? {};
    const kept = { lease: value, deadlineMs, queuedAtMs };
    this.#kept.set(lease, kept);
    if (queuedAtMs === undefined || queuedAtMs > deadlineMs) this.#queue(lease, kept);
  }

  #queue(lease: number, kept: Kept): void {
    // Most of what is revoked, or released, had long to live: it must not wait here for its end.
    if (this.#deadlines.size > 2 * this.#kept.size + heapSlack) this.#sweep();
    kept.queuedAtMs = kept.deadlineMs;
    this.#deadlines.add({ atMs: kept.deadlineMs, lease });
  }

  #sweep(): void {
    this.#deadlines.clear();
    for (const [lease, { queuedAtMs }] of this.#kept) {
      if (queuedAtMs !== undefined) this.#deadlines.add({ atMs: queuedAtMs, lease });
    }
  }

  #reset(): void {
    this.#term = undefined;
    this.#granted = undefined;
    this.#kept.clear();
    this.#ending.clear();
    this.#deadlines.clear();
    this.#callOff();
  }

  #endWhatIsOver(): void {
    const now = this.#context.host.now();
    const over: { lease: number; renewals: number }[] = [];
    for (let next = this.#deadlines.first; next !== undefined; next = this.#deadlines.first) {
      const { lease, atMs } = next;
      const kept = this.#kept.get(lease);
      const isCurrent = kept?.queuedAtMs === atMs;
      const isOver = isCurrent && kept.deadlineMs <= atMs;
      if (isOver && (atMs > now || over.length >= leasesPerOperationMax)) break;
      this.#deadlines.removeFirst();
      if (!isCurrent) continue;
      kept.queuedAtMs = undefined;
      if (!isOver) this.#queue(lease, kept);
      else if (!this.#ending.has(lease)) over.push({ lease, renewals: kept.lease.renewals });
    }
    if (over.length > 0) this.#end(over);
    else this.#sleepUntil(this.#deadlines.first?.atMs);
  }

  #end(leases: readonly { readonly lease: number; readonly renewals: number }[]): void {
    const { requests } = this.#context;
    const operations = [{ op: 'leases.expire', leases } as const];
    const command = { type: 'tick', idempotencyMaxBytes: undefined, operations } as const;
    for (const { lease } of leases) this.#ending.add(lease);
    requests.propose([encodeCommand(command)], answer => {
      if (answer.type === 'appended') {
        // Applied or not, what is there then is looked at again.
        requests.appliedAt(answer.position, () => this.#settle(leases));
      } else {
        this.#settle(leases);
        this.#sleepUntil(this.#context.host.now() + retryMs);
      }
    });
  }

  /** Those that were renewed meanwhile go on; the others are gone, or wait for the next attempt. */
  #settle(leases: readonly { readonly lease: number }[]): void {
    for (const { lease } of leases) {
      if (!this.#ending.delete(lease)) continue;
      const kept = this.#kept.get(lease);
      if (kept !== undefined && kept.queuedAtMs === undefined) this.#queue(lease, kept);
    }
  }

  #sleepUntil(atMs: number | undefined): void {
    if (this.#timer !== undefined && this.#timer.atMs === atMs) return;
    this.#callOff();
    if (atMs === undefined) return;
    const { timers, host } = this.#context;
    const delayMs = Math.min(sleepMaxMs, Math.max(0, atMs - host.now()));
    const callOff = timers.after(delayMs, () => {
      if (this.#hasStoodStill() || !host.checkClock()) this.#beginAnew();
      this.#timer = undefined;
      this.#look();
    });
    this.#timer = { atMs, wakesAtMs: host.now() + delayMs, callOff };
  }

  /** Holders may have spoken while nobody listened here. */
  #beginAnew(): void {
    this.#granted = undefined;
    this.#kept.clear();
    this.#deadlines.clear();
  }

  #callOff(): void {
    this.#timer?.callOff();
    this.#timer = undefined;
  }
}
