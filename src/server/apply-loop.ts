import { setImmediate as turnOfTheOthers } from 'node:timers/promises';
import { assert } from '../assert.ts';
import type { Entry, LogIndex } from '../consensus/types.ts';
import {
  applyEntry,
  type Outcome,
  type ReplicatedState,
  replaceState,
} from '../state-machines/replicated-state.ts';
import type { LogStore } from '../storage/log-store.ts';

/** Applied at a time; between two slices the server hears its peers. */
const sliceMaxBytes = 256 * 1024;

export type ApplyListener = {
  /** An entry has been applied; a no-op has no outcome. */
  applied(entry: Entry, outcome: Outcome | undefined): void;
  /** A slice is done: everything up to `index` is applied. */
  advanced(index: LogIndex): void;
};

/** Brings committed entries from the log to the state machines, in order, each once. */
export class ApplyLoop {
  readonly state: ReplicatedState;
  readonly #log: LogStore;
  readonly #listener: ApplyListener;
  #target = 0;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(state: ReplicatedState, log: LogStore, listener: ApplyListener) {
    this.state = state;
    this.#log = log;
    this.#listener = listener;
  }

  /** Everything up to here is committed and durable. */
  applyUpTo(index: LogIndex): void {
    this.#target = Math.max(this.#target, index);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** The state of a snapshot takes the place of what was applied so far. */
  replace(state: ReplicatedState): void {
    replaceState(this.state, state);
    this.#listener.advanced(state.appliedIndex as LogIndex);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.state.appliedIndex < this.#target && !this.#isStopped) {
      const entries = await this.#log.read({
        fromIndex: (this.state.appliedIndex + 1) as LogIndex,
        throughIndex: this.#target as LogIndex,
        maxBytes: sliceMaxBytes,
      });
      // The log has failed, and the server is about to stop.
      if (entries.length === 0) return;
      // A snapshot has taken the place of the state meanwhile.
      if (entries[0]?.index !== this.state.appliedIndex + 1) continue;
      for (const entry of entries) this.#apply(entry);
      this.#listener.advanced(this.state.appliedIndex as LogIndex);
      // What is read from memory comes without waiting: the peers would wait for all of it.
      if (this.state.appliedIndex < this.#target) await turnOfTheOthers();
    }
  }

  #apply(entry: Entry): void {
    assert(entry.index === this.state.appliedIndex + 1, 'entries are applied in order');
    const outcome = applyEntry(this.state, entry);
    this.#listener.applied(entry, outcome);
  }
}
