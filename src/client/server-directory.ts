import { placeOf } from '../addresses.ts';
import { compareConfigIds } from '../consensus/position.ts';
import type { Config } from '../consensus/types.ts';
import { addressOf } from '../transport/channel-options.ts';
import { readConfig } from '../transport/wire-gossip.ts';
import { ClusterIdentity, type NamedCluster } from './cluster-identity.ts';
import { type ServerAddress, ServerConnection } from './server-connection.ts';

/** How often one of the servers is asked who belongs to the cluster. */
const askIntervalMs = 1000;
const askTimeoutMs = 1000;
/** A connection that is no longer wanted may finish what is under way. */
const partingMs = 5000;

type DirectoryEntry = {
  readonly address: ServerAddress;
  readonly connection: ServerConnection;
};

/**
 * The servers of the cluster, with a connection to each: at first those of the configuration file,
 * then whoever the servers themselves say are members.
 */
export class ServerDirectory {
  readonly #identity: ClusterIdentity;
  #listed: readonly ServerAddress[];
  #entries: readonly DirectoryEntry[];
  #config: Config | undefined;
  #turn = 0;
  #identifying: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(clusterName: string, listed: readonly ServerAddress[]) {
    this.#identity = new ClusterIdentity(clusterName);
    this.#listed = listed;
    this.#entries = listed.map(address => this.#connect(address));
  }

  get addresses(): readonly ServerAddress[] {
    return this.#entries.map(({ address }) => address);
  }

  get connections(): readonly ServerConnection[] {
    return this.#entries.map(({ connection }) => connection);
  }

  /** The cluster that these servers are taken for. */
  get cluster(): NamedCluster {
    return this.#identity.cluster;
  }

  /**
   * Resolves when the cluster's identity is known, or no server can tell it. Asked before anything
   * else: what is asked without it may be answered by a server of another cluster.
   */
  async identify(): Promise<void> {
    if (this.#identity.isKnown) return;
    this.#identifying ??= this.#askAll().finally(() => {
      this.#identifying = undefined;
    });
    await this.#identifying;
  }

  /** The newest configuration that a server has told us of. */
  get config(): Config | undefined {
    return this.#config;
  }

  /** Follows the members from now on, until it is closed. */
  start(): void {
    this.identify().catch(() => undefined);
    this.#timer = setInterval(() => {
      this.#askNext().catch(() => undefined);
    }, askIntervalMs);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { connection } of this.#entries) connection.close();
  }

  /** Takes note of a configuration; older ones, and those of other clusters, change nothing. */
  follow(config: Config): void {
    if ((config.clusterId ?? '') !== this.cluster.clusterId) return;
    if (this.#config !== undefined && compareConfigIds(config.id, this.#config.id) <= 0) return;
    this.#config = config;
    this.#reconnect();
  }

  /** The configuration file lists these servers now. */
  list(listed: readonly ServerAddress[]): void {
    this.#listed = listed;
    this.#reconnect();
  }

  #reconnect(): void {
    const before = this.#entries;
    this.#entries = this.#places().map(place => {
      const known = before.find(entry => isSame(entry.address, place));
      return known ?? this.#connect(place);
    });
    for (const entry of before) {
      if (this.#entries.includes(entry)) continue;
      setTimeout(() => entry.connection.close(), partingMs).unref();
    }
  }

  #places(): readonly ServerAddress[] {
    if (this.#config === undefined) return this.#listed;
    return this.#config.members.map(member => {
      const { id } = member;
      return {
        id,
        ...placeOf(
          member,
          this.#listed.find(server => server.id === id),
        ),
      };
    });
  }

  async #askNext(): Promise<void> {
    const { connections } = this;
    this.#turn += 1;
    const connection = connections[this.#turn % connections.length];
    if (connection !== undefined) await this.#ask(connection);
  }

  /** A majority that agrees need not wait for those that are down. */
  #askAll(): Promise<void> {
    return new Promise(resolve => {
      const asked = this.connections.map(connection =>
        this.#ask(connection).then(
          () => this.#identity.isKnown && resolve(),
          () => undefined,
        ),
      );
      Promise.all(asked).then(() => {
        this.#decide(true);
        resolve();
      }, resolve);
    });
  }

  async #ask(connection: ServerConnection): Promise<void> {
    // Who refuses our name belongs to no cluster of ours, whatever its identity.
    const hasIdentity = this.#identity.isKnown;
    const { description, refused } = await connection.describe(askTimeoutMs);
    const config = description?.config ? readConfig(description.config) : undefined;
    const clusterId = config?.clusterId ?? (hasIdentity ? refused?.clusterId : undefined);
    if (clusterId !== undefined) this.#identity.told(connection.id, clusterId);
    this.#decide(false);
    if (config !== undefined) this.follow(config);
  }

  #decide(isLastWord: boolean): void {
    const servers = this.connections.map(({ id }) => id);
    if (!this.#identity.decide(servers, isLastWord)) return;
    // What was known of the other cluster says nothing about this one.
    this.#config = undefined;
    this.#reconnect();
  }

  #connect(address: ServerAddress): DirectoryEntry {
    return { address, connection: new ServerConnection(address, () => this.cluster) };
  }
}

const isSame = (one: ServerAddress, two: ServerAddress): boolean =>
  one.id === two.id && addressOf(one) === addressOf(two);
