import type { Message, NodeId } from '../consensus/types.ts';
import { demand } from './failure.ts';
import { Network } from './network.ts';
import { Oracle } from './oracle.ts';
import { mix, Random } from './random.ts';
import { SimulatedServer } from './simulated-server.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * Another cluster, whose servers have the same names, and which has the same name itself. Now and
 * then the address of one of its servers is mixed up with that of its namesake: then messages reach
 * both. The two must leave each other alone.
 */
export class Neighbour {
  readonly #servers: readonly SimulatedServer[];
  readonly #around: Surroundings;
  readonly #random: Random;
  readonly #ours: (message: Message) => void;
  readonly #mixedUp = new Map<NodeId, number>();
  /** The cluster is dead: only one of its servers is ever switched on again. */
  readonly #isDead: boolean;

  constructor(around: Surroundings, ids: readonly NodeId[], ours: (message: Message) => void) {
    const { options, queue, now } = around;
    this.#random = new Random(mix(options.seed, 20));
    this.#isDead = options.neighbour === 'dead';
    this.#ours = ours;
    const calm = { ...options, network: { ...options.network, loss: 0 } };
    this.#around = {
      ...around,
      options: calm,
      clan: 'neighbour-',
      network: new Network(calm, queue, message => this.#carry(message)),
      oracle: new Oracle(now, options.clockDrift),
      served: id => this.#servers.find(server => server.id === id)?.served,
    };
    this.#servers = ids.map((_, place) => new SimulatedServer(place, ids, this.#around));
    this.#around.oracle.watch(this.#servers);
  }

  start(): void {
    for (const server of this.#servers) server.start();
  }

  /** Mixes up an address, once the cluster is founded; returns what ends that. */
  mixUp(id: NodeId): (() => void) | undefined {
    // Two clusters that are not founded yet are one: nobody could tell them apart.
    if (!this.#servers.every(({ hasJoined }) => hasJoined)) return undefined;
    for (const server of this.#servers) {
      if (this.#isDead && server.id !== id) server.crash(true);
      else server.start();
    }
    this.#mixedUp.set(id, (this.#mixedUp.get(id) ?? 0) + 1);
    return () => this.#mixedUp.set(id, (this.#mixedUp.get(id) ?? 1) - 1);
  }

  /** A message of the other cluster has arrived there, and perhaps here as well. */
  overhear(message: Message): void {
    if (this.#isMixedUp(message)) this.#receive(message);
  }

  /** When no address is mixed up any more, its servers serve like those of any other cluster. */
  get isWell(): boolean {
    if (this.#isDead) return true;
    const leader = this.#servers.find(({ isLeader }) => isLeader)?.replica;
    return (
      leader?.commit.term === leader?.term &&
      leader !== undefined &&
      this.#servers.every(({ replica }) => replica?.leader === leader.identity.id)
    );
  }

  /** Nobody has changed sides. */
  check(ours: readonly SimulatedServer[]): void {
    const clusterOf = ({ replica }: SimulatedServer): string | undefined =>
      replica?.config?.clusterId;
    const own = new Set(ours.map(clusterOf));
    const strays = this.#servers.filter(server => {
      const clusterId = clusterOf(server);
      return clusterId !== undefined && own.has(clusterId);
    });
    demand(strays.length === 0, `${strays[0]?.id} has gone over to another cluster`);
  }

  #carry(message: Message): void {
    this.#receive(message);
    if (this.#isMixedUp(message)) this.#ours(message);
  }

  #receive(message: Message): void {
    this.#servers.find(({ id }) => id === message.envelope.to)?.receive(message);
  }

  #isMixedUp({ envelope: { from, to } }: Message): boolean {
    const isAffected = [from, to].some(id => (this.#mixedUp.get(id) ?? 0) > 0);
    const isCarried = isAffected && this.#random.chance(0.5);
    if (isCarried) this.#around.marks.note('a message reached another cluster');
    return isCarried;
  }
}
