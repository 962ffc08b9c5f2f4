import { horizonOf, staleMsOf } from '../consensus/freshness.ts';
import { beginLeaseRead, leaseReadRemainingMs, leaseRemainingMs } from '../consensus/leases.ts';
import type { Consistency } from '../transport/generated/gossipraft/Consistency.ts';
import type { Refused } from '../transport/generated/gossipraft/Refused.ts';
import { monotonicNow } from './host.ts';
import { notLeader, refused } from './refusals.ts';
import type { ServerContext } from './server-context.ts';

/** How an answer may be trusted. */
export type Warrant = {
  readonly consistency: Consistency;
  readonly leaseRemainingMs?: number;
  readonly staleMs?: number;
};

export type ReadDemand = {
  readonly consistency: Consistency;
  readonly maxStalenessMs: number;
};

type Reply<T> = (
  answer:
    | { readonly value: T; readonly warrant: Warrant }
    | { readonly value: undefined; readonly refused: Refused },
) => void;

/**
 * Decides when a read may be executed here, and whether its answer may leave: what the promise
 * rests on (lease, age) is looked at again after the read was executed.
 */
export class ReadGate {
  readonly #context: ServerContext;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /** Executes `read` at once or later, and replies once. */
  read<T>(demand: ReadDemand, read: () => T, reply: Reply<T>): void {
    switch (demand.consistency) {
      case 'CONSISTENCY_LEASE':
        this.#readByLease(read, reply);
        break;
      case 'CONSISTENCY_QUORUM':
        this.#readByQuorum(read, reply);
        break;
      case 'CONSISTENCY_BOUNDED':
        this.#readBounded(demand.maxStalenessMs, read, reply);
        break;
      default: {
        this.#context.counters.localReads += 1;
        reply({ value: read(), warrant: { consistency: 'CONSISTENCY_LOCAL' } });
      }
    }
  }

  /** What is left of our lease, if the clock can be trusted. */
  leaseRemainingMs(): number {
    const { host } = this.#context;
    host.checkClock();
    return leaseRemainingMs(host.replica, monotonicNow());
  }

  #readByLease<T>(read: () => T, reply: Reply<T>): void {
    const { host } = this.#context;
    host.checkClock();
    const begun = beginLeaseRead(host.replica, monotonicNow());
    if (begun === undefined) {
      this.#readByQuorum(read, reply);
      return;
    }
    this.#whenApplied(begun.index, () => {
      const value = read();
      host.checkClock();
      const leftMs = leaseReadRemainingMs(host.replica, begun, monotonicNow());
      if (leftMs <= 0) {
        this.#readByQuorum(read, reply);
        return;
      }
      this.#context.counters.leaseReads += 1;
      reply({ value, warrant: { consistency: 'CONSISTENCY_LEASE', leaseRemainingMs: leftMs } });
    });
  }

  #readByQuorum<T>(read: () => T, reply: Reply<T>): void {
    const { requests, host, counters } = this.#context;
    requests.confirmLeadership(answer => {
      if (answer === undefined) {
        counters.refusedReads += 1;
        reply({ value: undefined, refused: notLeader(host.replica.leader) });
        return;
      }
      this.#whenApplied(answer.index, () => {
        counters.quorumReads += 1;
        reply({ value: read(), warrant: { consistency: 'CONSISTENCY_QUORUM' } });
      });
    });
  }

  #readBounded<T>(maxStalenessMs: number, read: () => T, reply: Reply<T>): void {
    const { host, counters } = this.#context;
    const horizon = horizonOf(host.replica);
    const ageMs = (): number =>
      horizon === undefined
        ? Number.POSITIVE_INFINITY
        : staleMsOf(host.replica, horizon, monotonicNow());
    const refuse = (): void => {
      counters.refusedReads += 1;
      const age = horizon === undefined ? 'of unknown age' : `${Math.ceil(ageMs())} ms old`;
      const detail = `the data of this server may be ${age}, asked for was ${maxStalenessMs} ms`;
      reply({ value: undefined, refused: refused('REFUSAL_TOO_STALE', detail) });
    };
    if (horizon === undefined || ageMs() > maxStalenessMs) {
      refuse();
      return;
    }
    this.#whenApplied(horizon.upTo.index, () => {
      const value = read();
      const staleMs = ageMs();
      if (staleMs > maxStalenessMs) {
        refuse();
        return;
      }
      counters.boundedReads += 1;
      reply({ value, warrant: { consistency: 'CONSISTENCY_BOUNDED', staleMs } });
    });
  }

  #whenApplied(index: number, run: () => void): void {
    const { requests, applyLoop } = this.#context;
    requests.whenApplied(index, applyLoop.state.appliedIndex, run);
  }
}
