/** How a request names the cluster; an empty identity is one that is not known yet. */
export type NamedCluster = { readonly clusterName: string; readonly clusterId: string };

/**
 * The cluster that a client talks to: by name at first, then by the identity that most of the
 * servers of its file bear. Not by that of the first one which answers: its address may be wrong in
 * the file, and belong to another cluster of the same name.
 */
export class ClusterIdentity {
  readonly #clusterName: string;
  readonly #told = new Map<string, string>();
  #clusterId = '';

  constructor(clusterName: string) {
    this.#clusterName = clusterName;
  }

  get cluster(): NamedCluster {
    return { clusterName: this.#clusterName, clusterId: this.#clusterId };
  }

  get isKnown(): boolean {
    return this.#clusterId !== '';
  }

  /** A server has said to which cluster it belongs. */
  told(server: string, clusterId: string): void {
    this.#told.set(server, clusterId);
  }

  /** Draws the conclusion from what these servers have said; true when it is another one. */
  decide(servers: readonly string[], isLastWord: boolean): boolean {
    for (const server of this.#told.keys()) {
      if (!servers.includes(server)) this.#told.delete(server);
    }
    const [best] = [...this.#votes()].sort(([, a], [, b]) => b - a);
    if (best === undefined || best[0] === this.#clusterId) return false;
    const isMajority = best[1] > servers.length / 2;
    // Once it is known, it takes a majority to change it.
    const isEnough = isMajority || (isLastWord && !this.isKnown);
    if (isEnough) [this.#clusterId] = best;
    return isEnough;
  }

  #votes(): ReadonlyMap<string, number> {
    const votes = new Map<string, number>();
    for (const clusterId of this.#told.values()) {
      votes.set(clusterId, (votes.get(clusterId) ?? 0) + 1);
    }
    return votes;
  }
}
