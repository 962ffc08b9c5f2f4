import type { ServerConnection } from './server-connection.ts';

/** Whom to ask next for the leader: first whoever was named as such, then one after the other. */
export class LeaderFinder {
  readonly #connections: readonly ServerConnection[];
  #hint: string | undefined;
  #next = 0;

  constructor(connections: readonly ServerConnection[]) {
    this.#connections = connections;
    this.#next = Math.floor(Math.random() * connections.length);
  }

  /** Somebody has named the leader, or (undefined) knows of none. */
  named(leader: string | undefined): void {
    this.#hint = leader;
  }

  /** A hint is followed once: whoever gave it may be out of date. */
  candidate(): ServerConnection | undefined {
    const hinted = this.#connections.find(({ id }) => id === this.#hint);
    this.#hint = undefined;
    if (hinted !== undefined) return hinted;
    this.#next = (this.#next + 1) % this.#connections.length;
    return this.#connections[this.#next];
  }
}
