import type { NodeId, Position } from '../consensus/types.ts';
import type { ReplicatedState } from '../machines/frame/replicated-state.ts';
import type { FetchedState, SnapshotStore } from './surroundings.ts';

export type SnapshotIntakeOptions = {
  readonly store: SnapshotStore;
  /** It is durable here; undefined when it could not be had. */
  readonly fetched: (position: Position | undefined) => void;
  /** The state takes the place of ours. */
  readonly install: (state: ReplicatedState) => void;
  readonly failed: (error: Error) => void;
};

/** Takes in the snapshot of a server whose log was cut, when the protocol wants it. */
export class SnapshotIntake {
  readonly #options: SnapshotIntakeOptions;
  #ready: FetchedState | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: SnapshotIntakeOptions) {
    this.#options = options;
  }

  fetch(source: NodeId): void {
    this.#running = this.#fetch(source).catch(this.#options.failed);
  }

  /** The protocol has taken it over: the state is this one now. */
  load(position: Position): void {
    const ready = this.#ready;
    this.#ready = undefined;
    if (ready?.position.index !== position.index) throw new Error('that snapshot is not here');
    this.#options.install(ready.state);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #fetch(source: NodeId): Promise<void> {
    this.#ready = await this.#options.store.fetch(source);
    if (!this.#isStopped) this.#options.fetched(this.#ready?.position);
    // Whatever was not taken over by now is not needed.
    this.#ready = undefined;
  }
}
