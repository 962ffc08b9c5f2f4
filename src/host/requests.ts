import type {
  Effect,
  Entry,
  MemberChange,
  NodeId,
  Position,
  RequestAnswer,
} from '../consensus/types.ts';
import type { Outcome } from '../machines/frame/replicated-state.ts';
import type { Result } from '../machines/frame/result.ts';
import type { Host } from './host.ts';
import type { Timers } from './surroundings.ts';

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

/** The longest that anybody waits for entries to be applied; no client asks for longer. */
const applyingMaxMs = 10_000;
/** When this many wait, the next one is refused at once. */
const appliedWaitersMax = 10_000;

type AppliedWaiter = { readonly index: number; readonly end: (isApplied: boolean) => void };

type EffectOf<Type extends Effect['type']> = Extract<Effect, { type: Type }>;

type Waiting = { readonly isTransfer: boolean; readonly tell: (answer: RequestAnswer) => void };

/** What clients wait for at this server, between their question and the core's answer. */
export class Requests {
  readonly #host: Host;
  readonly #timers: Pick<Timers, 'after'>;
  #count = 0;
  readonly #waiting = new Map<number, Waiting>();
  readonly #advanceListeners = new Set<() => void>();
  readonly #appliedWaiters = new Set<AppliedWaiter>();
  readonly #subscribers = new Map<number, Set<AckSubscriber>>();
  readonly #awaited = new Map<number, { term: number; tell: (isApplied: boolean) => void }>();

  constructor(host: Host, timers: Pick<Timers, 'after'>) {
    this.#host = host;
    this.#timers = timers;
  }

  /** Proposes commands together; each gets its own answer, in order, within this very call. */
  propose(payloads: readonly Uint8Array[], tell: (answer: RequestAnswer) => void): void {
    const proposals = payloads.map(payload => ({ id: this.#ask(tell), payload }));
    this.#host.dispatch({ type: 'propose', proposals, wallMs: this.#host.wallNow() });
  }

  /** Tells when the entry at a position is applied; false when it was replaced, or may be. */
  appliedAt({ term, index }: Position, tell: (isApplied: boolean) => void): void {
    this.#awaited.set(index, { term, tell });
  }

  /** Transfers the leadership to a voter, or to the best one. */
  transferLeadership(to: NodeId | undefined, tell: (answer: RequestAnswer) => void): void {
    const id = this.#ask(tell, true);
    this.#host.dispatch({ type: 'transferLeadership', id, to });
  }

  /** No transfer comes to an end any more. */
  stopped(): void {
    const problem = 'the server stops';
    for (const [id, { isTransfer }] of [...this.#waiting]) {
      if (isTransfer) this.#answer(id, { type: 'refused', reason: 'noTransfer', problem });
    }
  }

  /** Changes the members; tells what became of it once a majority knows, or it cannot be. */
  changeMembers(changes: readonly MemberChange[], tell: (answer: RequestAnswer) => void): void {
    this.#host.dispatch({ type: 'changeMembers', id: this.#ask(tell), changes });
  }

  confirmLeadership(tell: (answer: RequestAnswer) => void): void {
    this.#host.dispatch({ type: 'read', id: this.#ask(tell) });
  }

  answered({ id, answer }: EffectOf<'answered'>): void {
    this.#answer(id, answer);
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

  deposed({ leader }: EffectOf<'deposed'>): void {
    for (const subscribers of [...this.#subscribers.values()]) {
      for (const subscriber of subscribers) subscriber.ended(leader);
    }
    this.#subscribers.clear();
    const awaited = [...this.#awaited.values()];
    this.#awaited.clear();
    for (const { tell } of awaited) tell(false);
  }

  applied({ index, term }: Entry, outcomes: readonly Outcome[]): void {
    const waiting = this.#awaited.get(index);
    this.#awaited.delete(index);
    waiting?.tell(waiting.term === term);
    const position = { term, index };
    for (const { session, sequence, result } of outcomes) {
      for (const subscriber of this.#subscribers.get(session) ?? []) {
        subscriber.acknowledged({ sequence, position, result });
      }
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

  #ask(tell: (answer: RequestAnswer) => void, isTransfer = false): number {
    this.#count += 1;
    this.#waiting.set(this.#count, { isTransfer, tell });
    return this.#count;
  }

  #answer(id: number, answer: RequestAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.tell(answer);
  }
}
