import { unreachable } from '../assert.ts';
import type { HostContext } from './host-context.ts';
import { notApplied, notLeader, type Refusal } from './refusal.ts';

/** What the answer to a read shall rest on. */
export type Consistency = 'lease' | 'quorum' | 'bounded' | 'local';

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

export type Reply<T> = (
  answer: { readonly value: T; readonly warrant: Warrant } | { readonly refused: Refusal },
) => void;

/**
 * Decides when a read may be executed here, and whether its answer may leave: what the promise
 * rests on (lease, age) is looked at again after the read was executed.
 */
export class ReadGate {
  readonly #context: HostContext;

  constructor(context: HostContext) {
    this.#context = context;
  }

  /** Executes `read` at once or later, and replies once. */
  read<T>(demand: ReadDemand, read: () => T, reply: Reply<T>): void {
    switch (demand.consistency) {
      case 'lease':
        this.#readByLease(read, reply);
        break;
      case 'quorum':
        this.#readByQuorum(read, reply);
        break;
      case 'bounded':
        this.#readBounded(demand.maxStalenessMs, read, reply);
        break;
      case 'local':
        this.#context.counters.localReads += 1;
        reply({ value: read(), warrant: { consistency: 'local' } });
        break;
      default:
        unreachable(demand.consistency);
    }
  }

  /** What is left of our lease, if the clock can be trusted. */
  leaseRemainingMs(): number {
    const { host } = this.#context;
    return host.checkClock() ? host.view().leaseRemainingMs(host.now()) : 0;
  }

  #readByLease<T>(read: () => T, reply: Reply<T>): void {
    const { host } = this.#context;
    const begun = host.checkClock() ? host.view().beginLeaseRead(host.now()) : undefined;
    if (begun === undefined) {
      this.#readByQuorum(read, reply);
      return;
    }
    this.#whenApplied(begun.index, reply, () => {
      const value = read();
      const isTrusted = host.checkClock();
      const leftMs = isTrusted ? host.view().leaseReadRemainingMs(begun, host.now()) : 0;
      if (leftMs <= 0) {
        this.#readByQuorum(read, reply);
        return;
      }
      this.#context.counters.leaseReads += 1;
      reply({ value, warrant: { consistency: 'lease', leaseRemainingMs: leftMs } });
    });
  }

  #readByQuorum<T>(read: () => T, reply: Reply<T>): void {
    const { requests, host, counters } = this.#context;
    requests.confirmLeadership(answer => {
      if (answer.type !== 'readable') {
        this.#refuse(notLeader(host.view().leader), reply);
        return;
      }
      this.#whenApplied(answer.index, reply, () => {
        counters.quorumReads += 1;
        reply({ value: read(), warrant: { consistency: 'quorum' } });
      });
    });
  }

  #readBounded<T>(maxStalenessMs: number, read: () => T, reply: Reply<T>): void {
    const { host, counters } = this.#context;
    host.checkClock();
    const { horizon, clockTrustedSince } = host.view();
    const ageMs = (): number =>
      horizon === undefined ? Number.POSITIVE_INFINITY : host.view().staleMs(horizon, host.now());
    const refuse = (): void => {
      const age = horizon === undefined ? 'of unknown age' : `${Math.ceil(ageMs())} ms old`;
      const detail = `the data of this server may be ${age}, asked for was ${maxStalenessMs} ms`;
      this.#refuse({ reason: 'tooStale', detail }, reply);
    };
    const leftMs = maxStalenessMs - ageMs();
    // As on the wire: it may be no number at all.
    if (horizon === undefined || !(leftMs >= 0)) {
      refuse();
      return;
    }
    const answer = (): void => {
      const value = read();
      host.checkClock();
      // The machine may have slept while the read waited: longer than our clock tells.
      const isTrusted = host.view().clockTrustedSince === clockTrustedSince;
      const staleMs = isTrusted ? ageMs() : Number.POSITIVE_INFINITY;
      if (staleMs > maxStalenessMs) {
        refuse();
        return;
      }
      counters.boundedReads += 1;
      reply({ value, warrant: { consistency: 'bounded', staleMs } });
    };
    this.#whenApplied(horizon.upTo.index, reply, answer, leftMs);
  }

  #refuse<T>(refused: Refusal, reply: Reply<T>): void {
    this.#context.counters.refusedReads += 1;
    reply({ refused });
  }

  /** Runs once the entry is applied here, or refuses: a bounded read within its bound. */
  #whenApplied<T>(index: number, reply: Reply<T>, run: () => void, boundMs?: number): void {
    const { requests, applyLoop } = this.#context;
    const refusal = notApplied(index, boundMs === undefined ? 'overloaded' : 'tooStale');
    const end = (isApplied: boolean): void => {
      if (isApplied) run();
      else this.#refuse(refusal, reply);
    };
    requests.whenApplied(index, applyLoop.state.appliedIndex, end, boundMs);
  }
}
