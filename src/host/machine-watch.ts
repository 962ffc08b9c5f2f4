import type { ReplicatedState } from '../machines/frame/replicated-state.ts';
import { QueryRefused, type QueryView } from '../machines/machine.ts';
import type { WatchChange, WatchFilter, WatchName } from '../machines/machines.ts';
import { changesAfter, placeOf } from '../machines/query.ts';
import { mebibyte } from '../words.ts';
import type { Refusal } from './refusal.ts';

/** Somebody who watches, at the other end of a stream. */
export type Watcher<Change> = {
  readonly isGone: boolean;
  /** Sent, and not yet taken. */
  readonly waitingBytes: number;
  /** Everything up to `through` has been told then. */
  tell(changes: readonly Change[], through: number): void;
  /** Nothing more can be told. */
  end(refusal: Refusal): void;
};

export type WatchLimits = {
  /** A message ends beyond this; one place always fits. */
  readonly messageMaxBytes: number;
  /** More than this waits for no watcher: it goes on when the client has read. */
  readonly backlogMaxBytes: number;
};

const usualLimits: WatchLimits = {
  messageMaxBytes: mebibyte,
  backlogMaxBytes: 4 * mebibyte,
};

/**
 * Tells one watcher of every change of a machine behind a place. It keeps nothing but its place:
 * what is to be told is read from what the machine keeps, so a slow client costs no memory, and is
 * told when it has fallen behind that.
 */
export class MachineWatch<Name extends WatchName> {
  readonly #watcher: Watcher<WatchChange<Name>>;
  readonly #state: ReplicatedState;
  readonly #view: () => QueryView;
  readonly #name: Name;
  readonly #filter: WatchFilter<Name>;
  readonly #limits: WatchLimits;
  /** Everything up to here has been told. */
  #through: number;

  /** Without `after`, what happens from now on is told. */
  constructor(
    watcher: Watcher<WatchChange<Name>>,
    { state, view }: { readonly state: ReplicatedState; readonly view: () => QueryView },
    watch: {
      readonly name: Name;
      readonly filter: WatchFilter<Name>;
      readonly after: number | undefined;
    },
    limits = usualLimits,
  ) {
    this.#watcher = watcher;
    this.#state = state;
    this.#view = view;
    this.#limits = limits;
    this.#name = watch.name;
    this.#filter = watch.filter;
    this.#through = watch.after ?? placeOf(state.states, watch.name);
  }

  /** Says from where on changes are told, or that all is well though nothing happens. */
  ping(): void {
    if (!this.#watcher.isGone) this.#watcher.tell([], this.#through);
  }

  /** The state has moved on, or the watcher has taken what was sent. */
  advance(): void {
    const { messageMaxBytes, backlogMaxBytes } = this.#limits;
    while (this.#through < placeOf(this.#state.states, this.#name)) {
      if (this.#watcher.isGone || this.#watcher.waitingBytes > backlogMaxBytes) return;
      const found = this.#changes(messageMaxBytes);
      if (found === undefined) return;
      this.#through = found.through;
      if (found.changes.length > 0) this.#watcher.tell(found.changes, this.#through);
    }
  }

  #changes(maxBytes: number) {
    try {
      const { states } = this.#state;
      const from = { place: this.#through, maxBytes };
      return changesAfter(states, this.#name, from, this.#filter, this.#view());
    } catch (error) {
      if (!(error instanceof QueryRefused)) throw error;
      this.#watcher.end({ reason: error.reason, detail: error.message });
      return undefined;
    }
  }
}
