import { compareConfigIds } from '../consensus/position.ts';
import type { Config } from '../consensus/types.ts';
import { addressOf } from '../transport/channel-options.ts';
import { placeOf } from '../transport/endpoint.ts';
import { readConfig } from '../transport/wire-gossip.ts';
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
  readonly #clusterId: string;
  #listed: readonly ServerAddress[];
  #entries: readonly DirectoryEntry[];
  #config: Config | undefined;
  #turn = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(clusterId: string, listed: readonly ServerAddress[]) {
    this.#clusterId = clusterId;
    this.#listed = listed;
    this.#entries = listed.map(address => this.#connect(address));
  }

  get addresses(): readonly ServerAddress[] {
    return this.#entries.map(({ address }) => address);
  }

  get connections(): readonly ServerConnection[] {
    return this.#entries.map(({ connection }) => connection);
  }

  /** The newest configuration that a server has told us of. */
  get config(): Config | undefined {
    return this.#config;
  }

  /** Follows the members from now on, until it is closed. */
  start(): void {
    this.#timer = setInterval(() => {
      this.#ask().catch(() => undefined);
    }, askIntervalMs);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { connection } of this.#entries) connection.close();
  }

  /** Takes note of a configuration; older ones change nothing. */
  follow(config: Config): void {
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

  async #ask(): Promise<void> {
    const { connections } = this;
    this.#turn += 1;
    const connection = connections[this.#turn % connections.length];
    const reply = await connection?.describe(askTimeoutMs);
    const config = reply?.description?.config;
    if (config !== undefined && config !== null) this.follow(readConfig(config));
  }

  #connect(address: ServerAddress): DirectoryEntry {
    return { address, connection: new ServerConnection(address, this.#clusterId) };
  }
}

const isSame = (one: ServerAddress, two: ServerAddress): boolean =>
  one.id === two.id && addressOf(one) === addressOf(two);
