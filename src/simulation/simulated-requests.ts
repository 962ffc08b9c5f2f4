import type { Effect, Entry, NodeId } from '../consensus/types.ts';
import type { ByteString } from '../state-machines/byte-string.ts';
import type { Outcome, ReplicatedState } from '../state-machines/replicated-state.ts';
import type { Result } from '../state-machines/result.ts';

export type Answer =
  | { readonly type: 'result'; readonly result: Result }
  | { readonly type: 'refused'; readonly leader: NodeId | undefined };
/** Undefined when this server cannot answer. */
export type ReadAnswer =
  | { readonly lastSeq: number; lookUp(key: ByteString): ByteString | undefined }
  | undefined;

type Accepted = Extract<Effect, { type: 'accepted' }>;
type Refused = Extract<Effect, { type: 'refused' }>;
type ReadReady = Extract<Effect, { type: 'readReady' }>;

/** What clients wait for at one server, for as long as its process lives. */
export class SimulatedRequests {
  readonly #proposals = new Map<number, (answer: Answer) => void>();
  readonly #waiters = new Map<number, { term: number; answer: (answer: Answer) => void }>();
  readonly #reads = new Map<number, (answer: ReadAnswer) => void>();
  #readyReads: { index: number; answer: (answer: ReadAnswer) => void }[] = [];
  #count = 0;

  addProposal(answer: (answer: Answer) => void): number {
    this.#count += 1;
    this.#proposals.set(this.#count, answer);
    return this.#count;
  }

  addRead(answer: (answer: ReadAnswer) => void): number {
    this.#count += 1;
    this.#reads.set(this.#count, answer);
    return this.#count;
  }

  /** An effect that answers somebody; others are none of ours. */
  answer(effect: Effect, state: ReplicatedState): void {
    switch (effect.type) {
      case 'accepted':
        this.#accepted(effect);
        break;
      case 'refused':
        this.#refused(effect);
        break;
      case 'readReady':
        this.#readReady(effect, state);
        break;
      case 'readRefused':
        this.#readRefused(effect.id);
        break;
      default:
        break;
    }
  }

  #accepted({ id, position }: Accepted): void {
    const answer = this.#proposals.get(id);
    this.#proposals.delete(id);
    if (answer !== undefined) this.#waiters.set(position.index, { term: position.term, answer });
  }

  #refused({ id, leader }: Refused): void {
    this.#proposals.get(id)?.({ type: 'refused', leader });
    this.#proposals.delete(id);
  }

  #readReady({ id, index }: ReadReady, state: ReplicatedState): void {
    const answer = this.#reads.get(id);
    this.#reads.delete(id);
    if (answer !== undefined) this.whenApplied(index, state, answer);
  }

  whenApplied(index: number, state: ReplicatedState, answer: (answer: ReadAnswer) => void): void {
    this.#readyReads.push({ index, answer });
    this.answerReads(state);
  }

  #readRefused(id: number): void {
    this.#reads.get(id)?.(undefined);
    this.#reads.delete(id);
  }

  answerReads({ appliedIndex, journal, keyValues }: ReplicatedState): void {
    const { lastSeq } = journal;
    const { keys } = keyValues.contents;
    const lookUp = (key: ByteString): ByteString | undefined => keys.get(key)?.value;
    const reads = this.#readyReads;
    this.#readyReads = reads.filter(({ index }) => index > appliedIndex);
    for (const { index, answer } of reads) if (index <= appliedIndex) answer({ lastSeq, lookUp });
  }

  applied(entry: Entry, outcome: Outcome | undefined): void {
    const waiter = this.#waiters.get(entry.index);
    this.#waiters.delete(entry.index);
    if (waiter?.term !== entry.term || outcome === undefined) return;
    waiter.answer({ type: 'result', result: outcome.result });
  }
}
