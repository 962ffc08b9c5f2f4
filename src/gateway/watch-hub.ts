import type { ClusterClient } from '../client/cluster-client.ts';
import type { ReadDemand } from '../client/query.ts';
import { keyRange } from '../machines/keys/key-range.ts';
import { SharedWatch, type WatchReader, type WatchSubject } from './shared-watch.ts';

const askTimeoutMs = 1000;

/** All watches of this client server: one of the cluster for whatever several watch alike. */
export class WatchHub {
  readonly #client: ClusterClient;
  /** By what they tell. */
  readonly #watches = new Map<string, SharedWatch>();

  constructor(client: ClusterClient) {
    this.#client = client;
  }

  /** Watches of the cluster that are open. */
  get upstreamCount(): number {
    return [...this.#watches.values()].reduce((sum, watch) => sum + watch.upstreamCount, 0);
  }

  /** The revision that is the newest now, as a linearizable read tells. */
  newestRevision(timeoutMs: number): Promise<number> {
    return this.#revision({ consistency: 'lease' }, timeoutMs);
  }

  /** Tells the reader what happens behind what it has seen. Returns what ends that. */
  async join(subject: WatchSubject, reader: WatchReader): Promise<() => void> {
    const name = JSON.stringify(subject.filter);
    if (!this.#watches.has(name)) {
      const after = await this.#beginning(reader.seen);
      // Somebody else may have opened it meanwhile.
      if (!this.#watches.has(name)) this.#openShared(name, subject, after);
    }
    const watch = this.#watches.get(name);
    watch?.join(reader);
    return () => watch?.leave(reader);
  }

  #openShared(name: string, subject: WatchSubject, after: number): void {
    const watch: SharedWatch = new SharedWatch({
      open: options => this.#client.watch(options),
      subject,
      after,
      onOver: () => {
        if (this.#watches.get(name) === watch) this.#watches.delete(name);
      },
    });
    this.#watches.set(name, watch);
  }

  /**
   * One who has missed much must not hold up all who come later: what is shared begins now, as far
   * as any server knows.
   */
  async #beginning(seen: number): Promise<number> {
    const newest = this.#revision({ consistency: 'local' }, askTimeoutMs).catch(() => seen);
    return Math.max(seen, await newest);
  }

  async #revision(demand: ReadDemand, timeoutMs: number): Promise<number> {
    const query = keyRange({ limit: 1, countOnly: true });
    const { answer } = await this.#client.query('keys.range', query, demand, timeoutMs);
    return answer.revision;
  }
}
