import type { ClusterClient } from '../client/cluster-client.ts';
import type { ByteString } from '../codec/byte-string.ts';
import { SharedWatch, type WatchReader } from './shared-watch.ts';

const askTimeoutMs = 1000;
const noKey = '\0' as ByteString;

/** All watches of this client server: one of the cluster for each prefix. */
export class WatchHub {
  readonly #client: ClusterClient;
  readonly #watches = new Map<ByteString, SharedWatch>();

  constructor(client: ClusterClient) {
    this.#client = client;
  }

  /** Watches of the cluster that are open. */
  get upstreamCount(): number {
    return [...this.#watches.values()].reduce((sum, watch) => sum + watch.upstreamCount, 0);
  }

  /** The revision that is the newest now, as a linearizable read tells. */
  async newestRevision(timeoutMs: number): Promise<number> {
    const range = { start: noKey, end: noKey, limit: 1, withValues: false };
    const page = await this.#client.readKeys({ consistency: 'lease', ...range }, timeoutMs);
    return page.revision;
  }

  /** Tells the reader what happens behind what it has seen. Returns what ends that. */
  async join(prefix: ByteString, reader: WatchReader): Promise<() => void> {
    if (!this.#watches.has(prefix)) {
      const after = await this.#beginning(reader.seen);
      // Somebody else may have opened it meanwhile.
      if (!this.#watches.has(prefix)) this.#openShared(prefix, after);
    }
    const watch = this.#watches.get(prefix);
    watch?.join(reader);
    return () => watch?.leave(reader);
  }

  #openShared(prefix: ByteString, after: number): void {
    const watch: SharedWatch = new SharedWatch({
      open: options => this.#client.watchKeys(options),
      prefix,
      after,
      onOver: () => {
        if (this.#watches.get(prefix) === watch) this.#watches.delete(prefix);
      },
    });
    this.#watches.set(prefix, watch);
  }

  /**
   * One who has missed much must not hold up all who come later: what is shared begins now, as far
   * as any server knows.
   */
  async #beginning(seen: number): Promise<number> {
    const range = { start: noKey, end: noKey, limit: 1, withValues: false };
    const page = await this.#client
      .readKeys({ consistency: 'local', ...range }, askTimeoutMs)
      .catch(() => undefined);
    return Math.max(seen, page?.revision ?? seen);
  }
}
