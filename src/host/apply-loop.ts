import type { Entry, LogIndex } from '../consensus/types.ts';
import {
  applyEntry,
  type Outcome,
  type ReplicatedState,
  replaceState,
} from '../machines/frame/replicated-state.ts';
import type { LogStore } from '../storage/log-store.ts';
import type { Timers } from './surroundings.ts';

/** Read at a time. */
const readMaxBytes = 256 * 1024;
/** Applied at a time; between two slices the server hears its peers. */
const sliceMaxMs = 5;

export type ApplyListener = {
  /** An entry has been applied: what it has done for each caller who shares it. */
  applied(entry: Entry, outcomes: readonly Outcome[]): void;
  /** A slice is done: everything up to `index` is applied. */
  advanced(index: LogIndex): void;
  /** What is committed cannot be applied here: nothing may follow. */
  failed(error: Error): void;
};

/** Brings committed entries from the log to the state machines, in order, each once. */
export class ApplyLoop {
  readonly state: ReplicatedState;
  readonly #log: LogStore;
  readonly #timers: Timers;
  readonly #listener: ApplyListener;
  #target = 0;
  /** Until the loop has ended, not until its promise has resolved: what comes in between counts. */
  #isRunning = false;
  #lastRun: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(state: ReplicatedState, log: LogStore, timers: Timers, listener: ApplyListener) {
    this.state = state;
    this.#log = log;
    this.#timers = timers;
    this.#listener = listener;
  }

  /** Everything up to here is committed and durable. */
  applyUpTo(index: LogIndex): void {
    this.#target = Math.max(this.#target, index);
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#lastRun = this.#run().catch((error: Error) => this.#listener.failed(error));
  }

  /** The state of a snapshot takes the place of what was applied so far. */
  replace(state: ReplicatedState): void {
    replaceState(this.state, state);
    this.#listener.advanced(state.appliedIndex as LogIndex);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#lastRun;
  }

  async #run(): Promise<void> {
    try {
      while (this.state.appliedIndex < this.#target && !this.#isStopped) {
        const entries = await this.#log.read({
          fromIndex: (this.state.appliedIndex + 1) as LogIndex,
          throughIndex: this.#target as LogIndex,
          maxBytes: readMaxBytes,
        });
        // The log has failed, and the server is about to stop.
        if (entries.length === 0) return;
        await this.#applyChunk(entries);
      }
    } finally {
      this.#isRunning = false;
    }
  }

  async #applyChunk(entries: readonly Entry[]): Promise<void> {
    for (let place = 0; place < entries.length && !this.#isStopped; ) {
      place = this.#applySlice(entries, place);
      this.#listener.advanced(this.state.appliedIndex as LogIndex);
      // What is read from memory comes without waiting: the peers would wait for all of it.
      if (this.state.appliedIndex < this.#target) await this.#timers.turnOfTheOthers();
    }
  }

  /** Applies entries from a place on while there is time, and returns the place behind them. */
  #applySlice(entries: readonly Entry[], from: number): number {
    const isOver = this.#timers.slice(sliceMaxMs);
    for (let place = from; place < entries.length; place += 1) {
      const entry = entries[place];
      // A snapshot has taken the place of the state meanwhile.
      if (entry?.index !== this.state.appliedIndex + 1) return entries.length;
      this.#listener.applied(entry, applyEntry(this.state, entry));
      if (isOver()) return place + 1;
    }
    return entries.length;
  }
}
