/** Where an entry stands in the log, and when it is. */
export type Moment = {
  readonly term: number;
  readonly index: number;
  /** Place of the transaction among those of its entry. */
  readonly item: number;
  /** By the clock of the log, which stands still between leaders: delays count by it. */
  readonly nowMs: number;
};

/** The states of all machines, each under its machine's name. */
export type States = Readonly<Record<string, object>>;

/** The place of one machine's state among those of all machines. */
export type Slot<State extends object = object, Name extends string = string> = {
  readonly name: Name;
  readonly create: () => State;
};

/** An operation cannot be done: then its whole transaction has no effect. Part of an answer. */
export class Aborted extends Error {
  override readonly name = 'Aborted';
  /** A word for programs, such as `lockHeld`. */
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** Values that one transaction may return: its answer is remembered for retries. */
const answerMaxBytes = 64 * 1024;

/**
 * What a transaction has made so far: kept as a whole, or forgotten as a whole.
 *
 * A state is a value that is never changed but replaced, so that what is forgotten leaves nothing
 * behind. Parts of it may be tables, which are changed where they stand: that is put off to the end
 * with `finally`, when nothing can go wrong any more.
 */
export class Draft {
  readonly at: Moment;
  /** Whether all comparisons hold: known before the first operation is applied. */
  succeeded = true;
  readonly #before: States;
  readonly #leaseEnded: (draft: Draft, lease: number) => void;
  #states: Record<string, object> | undefined;
  #notes: Map<string, object> | undefined;
  #last: (() => void)[] | undefined;
  #token: number;
  #answerBytes = 0;

  constructor(
    at: Moment,
    { states, token }: { readonly states: States; readonly token: number },
    leaseEnded: (draft: Draft, lease: number) => void,
  ) {
    this.at = at;
    this.#before = states;
    this.#token = token;
    this.#leaseEnded = leaseEnded;
  }

  /** The state as the transaction has made it so far. */
  get<State extends object>({ name }: Slot<State>): State {
    return (this.#states ?? this.#before)[name] as State;
  }

  /** The state as the transaction found it. */
  before<State extends object>({ name }: Slot<State>): State {
    return this.#before[name] as State;
  }

  set<State extends object>({ name }: Slot<State>, state: State): void {
    this.#states ??= { ...this.#before };
    this.#states[name] = state;
  }

  /** What a machine wants to remember until the transaction ends; made when first asked for. */
  notes<Notes extends object>({ name }: Slot, create: () => Notes): Notes {
    this.#notes ??= new Map();
    const known = this.#notes.get(name);
    if (known !== undefined) return known as Notes;
    const notes = create();
    this.#notes.set(name, notes);
    return notes;
  }

  /** Runs when everything has passed, in the order of the calls: for what cannot be undone. */
  finally(run: () => void): void {
    this.#last ??= [];
    this.#last.push(run);
  }

  /** Ends the transaction without effect unless it holds. */
  demand(holds: boolean, reason: string): void {
    if (!holds) throw new Aborted(reason);
  }

  /** The answer carries so many bytes of people's values. */
  carry(sizeBytes: number): void {
    this.#answerBytes += sizeBytes;
    this.demand(this.#answerBytes <= answerMaxBytes, 'answerTooLarge');
  }

  get answerBytes(): number {
    return this.#answerBytes;
  }

  /** Greater than all before it, in this cluster and in that which it was restored from. */
  nextToken(): number {
    this.#token += 1;
    return this.#token;
  }

  /** A lease is over: whatever hangs on it, in any machine, goes with it. */
  endLease(lease: number): void {
    this.#leaseEnded(this, lease);
  }

  /** What the transaction has made. From here on it has happened. */
  commit(): { readonly states: States; readonly token: number } {
    for (const run of this.#last ?? []) run();
    return { states: this.#states ?? this.#before, token: this.#token };
  }
}
