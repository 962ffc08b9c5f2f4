import type { ServerConnection } from './server-connection.ts';
import type { ServerDirectory } from './server-directory.ts';

/** Whom to ask next for the leader: first whoever was named as such, then one after the other. */
export class LeaderFinder {
  readonly #directory: ServerDirectory;
  #hint: string | undefined;
  #next = 0;

  constructor(directory: ServerDirectory) {
    this.#directory = directory;
    this.#next = Math.floor(Math.random() * directory.connections.length);
  }

  /** Somebody has named the leader, or (undefined) knows of none. */
  named(leader: string | undefined): void {
    this.#hint = leader;
  }

  /** A hint is followed once: whoever gave it may be out of date. */
  candidate(): ServerConnection | undefined {
    const { connections } = this.#directory;
    const hinted = connections.find(({ id }) => id === this.#hint);
    this.#hint = undefined;
    if (hinted !== undefined) return hinted;
    this.#next = (this.#next + 1) % connections.length;
    return connections[this.#next];
  }
}
