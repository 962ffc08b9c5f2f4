import { QueryRefused, type QueryView } from '../machines/machine.ts';
import type { QueryAnswer, QueryFields, QueryName } from '../machines/machines.ts';
import { answerQuery } from '../machines/query.ts';
import type { HostContext } from './host-context.ts';
import { firstKeptSeq, journalOf, readJournal, UnreadableObjects } from './journal-reader.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { logTimeNow } from './log-time.ts';
import { type ReadDemand, ReadGate, type Warrant } from './read-gate.ts';
import { notApplied, type Refusal } from './refusal.ts';
import type { Archive } from './surroundings.ts';
import { Upgrading, upgradeSentence } from './upgrading.ts';

export type QueryDemand = ReadDemand & {
  /** The answer shows everything up to this entry of the log. */
  readonly minIndex: number;
};

export type QueryReply<Name extends QueryName> =
  | {
      readonly answer: QueryAnswer<Name>;
      readonly warrant: Warrant;
      /** It shows everything up to this entry of the log, and nothing behind it. */
      readonly index: number;
    }
  | { readonly answer: undefined; readonly refused: Refusal };

type QueryContext = HostContext & { readonly archive: Archive };

/** Reads of the machines: each waits for what it may rest on, and is then answered once. */
export class Queries {
  readonly #context: QueryContext;
  readonly #gate: ReadGate;
  readonly #leases: LeaseKeeper;

  constructor(context: QueryContext, leases: LeaseKeeper) {
    this.#context = context;
    this.#gate = new ReadGate(context);
    this.#leases = leases;
  }

  async ask<Name extends QueryName>(
    name: Name,
    query: QueryFields<Name>,
    demand: QueryDemand,
  ): Promise<QueryReply<Name>> {
    const askedAtMs = this.#context.host.now();
    if (!(await this.#hasApplied(demand.minIndex))) {
      return { answer: undefined, refused: notApplied(demand.minIndex) };
    }
    const read = await this.#read(warranted(name, demand), () => ({
      index: this.#context.applyLoop.state.appliedIndex,
      answer: this.#answer(name, query, askedAtMs),
    }));
    if ('refused' in read) return { answer: undefined, refused: read.refused };
    const { warrant } = read;
    const { index, answer } = read.value;
    try {
      return { answer: (await answer()) as QueryAnswer<Name>, warrant, index };
    } catch (error) {
      return { answer: undefined, refused: refusalOf(error) };
    }
  }

  #hasApplied(index: number): Promise<boolean> {
    const { requests, applyLoop } = this.#context;
    return new Promise(resolve => {
      requests.whenApplied(index, applyLoop.state.appliedIndex, resolve);
    });
  }

  /** What the read has found is taken at the moment that the gate has chosen. */
  #read<T>(
    demand: ReadDemand,
    read: () => T,
  ): Promise<{ readonly value: T; readonly warrant: Warrant } | { readonly refused: Refusal }> {
    return new Promise(resolve => {
      this.#gate.read(demand, read, resolve);
    });
  }

  /** Executed when it may be; what it has found, or why not, is told by the function. */
  #answer<Name extends QueryName>(
    name: Name,
    query: QueryFields<Name>,
    askedAtMs: number,
  ): () => unknown {
    const notYet = upgradeSentence(this.#context);
    if (notYet !== undefined) {
      return () => {
        throw new Upgrading(notYet);
      };
    }
    if (name === 'journal.entries') {
      return this.#entries(query as QueryFields<'journal.entries'>);
    }
    if (name === 'leases.keepAlive') {
      const { leases } = query as QueryFields<'leases.keepAlive'>;
      const kept = this.#leases.keepAlive(leases, askedAtMs);
      return () => ({ leases: kept });
    }
    try {
      const { states } = this.#context.applyLoop.state;
      const answer = answerQuery(states, name, query, this.view());
      return () => answer;
    } catch (error) {
      return () => {
        throw error;
      };
    }
  }

  /** What a query may know beside the state. */
  view(): QueryView {
    return {
      nowMs: logTimeNow(this.#context),
      leaseRemainingMs: lease => this.#leases.remainingMs(lease),
    };
  }

  /** Objects that are there now; they never change, so they may be read later. */
  #entries({ from, limit }: QueryFields<'journal.entries'>) {
    const { applyLoop, log, archive, timers } = this.#context;
    const { state } = applyLoop;
    const { lastSeq } = journalOf(state);
    const range = { from, limit, throughSeq: lastSeq };
    return async (): Promise<QueryAnswer<'journal.entries'>> => ({
      entries: await readJournal({ state, log, archive, timers }, range),
      lastSeq,
      firstKept: firstKeptSeq({ archive }),
    });
  }
}

/**
 * Deadlines are kept by whoever leads: one that leads no more, or never did, would let a holder
 * rely on what the leader does not know of. So nothing less than a proof will do.
 */
function warranted(name: QueryName, demand: ReadDemand): ReadDemand {
  const isOfLeader = demand.consistency === 'lease' || demand.consistency === 'quorum';
  if (name !== 'leases.keepAlive' || isOfLeader) return demand;
  return { ...demand, consistency: 'lease' };
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof QueryRefused) return { reason: error.reason, detail: error.message };
  if (error instanceof UnreadableObjects) return { reason: 'unreadable', detail: error.message };
  if (error instanceof Upgrading) return { reason: 'level', detail: error.message };
  throw error;
}
