import type {
  Effect,
  Entry,
  LogIndex,
  MemberChange,
  MembersOutcome,
  NodeId,
  Position,
  RefusalReason,
} from '../consensus/types.ts';
import type { Outcome } from '../state-machines/replicated-state.ts';
import type { Result } from '../state-machines/result.ts';
import type { Host } from './host.ts';
import type { Timers } from './surroundings.ts';

export type ProposalAnswer =
  | { readonly type: 'accepted'; readonly position: Position }
  | {
      readonly type: 'refused';
      readonly reason: RefusalReason;
      readonly leader: NodeId | undefined;
    };

/** Undefined when this server does not lead, or stops leading meanwhile. */
export type ReadAnswer = { readonly index: LogIndex } | undefined;

/** An entry of a session has taken effect here: whoever waits for it may be told. */
export type Acknowledgement = {
  readonly sequence: number;
  readonly position: Position;
  readonly result: Result;
};
export type AckSubscriber = {
  acknowledged(ack: Acknowledgement): void;
  /** This server leads no more; the fate of what was not acknowledged is open. */
  ended(leader: NodeId | undefined): void;
};

/** Who waits for entries to be applied waits so long at most; no client asks for longer. */
const applyingMaxMs = 10_000;
/** Who comes when so many wait is refused at once. */
const appliedWaitersMax = 10_000;

type AppliedWaiter = { readonly index: number; readonly end: (isApplied: boolean) => void };

type Effects = { [Type in Effect['type']]: Extract<Effect, { type: Type }> };

/** What clients wait for at this server, between their question and the core's answer. */
export class Requests {
  readonly #host: Host;
  readonly #timers: Pick<Timers, 'after'>;
  #count = 0;
  readonly #proposals = new Map<number, (answer: ProposalAnswer) => void>();
  readonly #reads = new Map<number, (answer: ReadAnswer) => void>();
  readonly #handOvers = new Map<number, (problem: string | undefined) => void>();
  readonly #memberChanges = new Map<number, (outcome: MembersOutcome) => void>();
  readonly #advanceListeners = new Set<() => void>();
  readonly #appliedWaiters = new Set<AppliedWaiter>();
  readonly #subscribers = new Map<number, Set<AckSubscriber>>();
  readonly #results = new Map<
    number,
    { term: number; tell: (result: Result | undefined) => void }
  >();

  constructor(host: Host, timers: Pick<Timers, 'after'>) {
    this.#host = host;
    this.#timers = timers;
  }

  /** Proposes commands together; each gets its own answer, in order, within this very call. */
  propose(payloads: readonly Uint8Array[], answer: (answer: ProposalAnswer) => void): void {
    const proposals = payloads.map(payload => {
      this.#count += 1;
      this.#proposals.set(this.#count, answer);
      return { id: this.#count, payload };
    });
    this.#host.dispatch({ type: 'propose', proposals, wallMs: this.#host.wallNow() });
  }

  /** Resolves with the result of the entry at a position; undefined when it was replaced. */
  resultAt({ term, index }: Position, tell: (result: Result | undefined) => void): void {
    this.#results.set(index, { term, tell });
  }

  /** Hands the leadership to a voter, or to the best one; tells why it could not, if so. */
  handOver(to: NodeId | undefined, answer: (problem: string | undefined) => void): void {
    this.#count += 1;
    this.#handOvers.set(this.#count, answer);
    this.#host.dispatch({ type: 'handOver', id: this.#count, to });
  }

  handOverEnded({ id, problem }: Effects['handOverEnded']): void {
    const tell = this.#handOvers.get(id);
    this.#handOvers.delete(id);
    tell?.(problem);
  }

  /** No hand-over comes to an end any more. */
  stopped(): void {
    const waiting = [...this.#handOvers.values()];
    this.#handOvers.clear();
    for (const tell of waiting) tell('the server stops');
  }

  /** Changes the members; tells what became of it once a majority knows, or it cannot be. */
  changeMembers(changes: readonly MemberChange[], answer: (outcome: MembersOutcome) => void): void {
    this.#count += 1;
    this.#memberChanges.set(this.#count, answer);
    this.#host.dispatch({ type: 'changeMembers', id: this.#count, changes });
  }

  membersChanged({ id, outcome }: Effects['membersChanged']): void {
    const tell = this.#memberChanges.get(id);
    this.#memberChanges.delete(id);
    tell?.(outcome);
  }

  confirmLeadership(answer: (answer: ReadAnswer) => void): void {
    this.#count += 1;
    this.#reads.set(this.#count, answer);
    this.#host.dispatch({ type: 'read', id: this.#count });
  }

  /**
   * Runs once: with true when everything up to `index` is applied here; with false when that takes
   * longer than it may, as on a full disk, or when too many wait already.
   */
  whenApplied(
    index: number,
    appliedIndex: number,
    run: (isApplied: boolean) => void,
    waitMaxMs = applyingMaxMs,
  ): void {
    const waiters = this.#appliedWaiters;
    if (index <= appliedIndex || waiters.size >= appliedWaitersMax) {
      run(index <= appliedIndex);
      return;
    }
    const end = (isApplied: boolean): void => {
      callOff();
      waiters.delete(waiter);
      run(isApplied);
    };
    const waiter = { index, end };
    waiters.add(waiter);
    const callOff = this.#timers.after(Math.min(waitMaxMs, applyingMaxMs), () => end(false));
  }

  subscribe(session: number, subscriber: AckSubscriber): () => void {
    const subscribers = this.#subscribers.get(session) ?? new Set();
    this.#subscribers.set(session, subscribers.add(subscriber));
    return () => {
      subscribers.delete(subscriber);
      // Called twice, it would take those with it who have come since.
      const isTheirs = this.#subscribers.get(session) === subscribers;
      if (isTheirs && subscribers.size === 0) this.#subscribers.delete(session);
    };
  }

  accepted({ id, position }: Effects['accepted']): void {
    this.#answer(id, { type: 'accepted', position });
  }

  refused({ id, reason, leader }: Effects['refused']): void {
    this.#answer(id, { type: 'refused', reason, leader });
  }

  readReady({ id, index }: Effects['readReady']): void {
    this.#answerRead(id, { index });
  }

  readRefused({ id }: Effects['readRefused']): void {
    this.#answerRead(id, undefined);
  }

  deposed({ leader }: Effects['deposed']): void {
    for (const subscribers of [...this.#subscribers.values()]) {
      for (const subscriber of subscribers) subscriber.ended(leader);
    }
    this.#subscribers.clear();
    for (const { tell } of this.#results.values()) tell(undefined);
    this.#results.clear();
  }

  applied({ index, term }: Entry, { result, waiter }: Outcome): void {
    const waiting = this.#results.get(index);
    this.#results.delete(index);
    waiting?.tell(waiting.term === term ? result : undefined);
    if (waiter === undefined) return;
    const ack = { sequence: waiter.sequence, position: { term, index }, result };
    for (const subscriber of this.#subscribers.get(waiter.session) ?? []) {
      subscriber.acknowledged(ack);
    }
  }

  /** Runs whenever more is applied; returns what ends that. */
  onAdvance(run: () => void): () => void {
    this.#advanceListeners.add(run);
    return () => this.#advanceListeners.delete(run);
  }

  advanced(appliedIndex: number): void {
    for (const run of this.#advanceListeners) run();
    for (const { index, end } of [...this.#appliedWaiters]) if (index <= appliedIndex) end(true);
  }

  #answer(id: number, answer: ProposalAnswer): void {
    const tell = this.#proposals.get(id);
    this.#proposals.delete(id);
    tell?.(answer);
  }

  #answerRead(id: number, answer: ReadAnswer): void {
    const tell = this.#reads.get(id);
    this.#reads.delete(id);
    tell?.(answer);
  }
}
