import { view } from '../consensus/protocol.ts';
import { isMember, isSteady, memberOf } from '../consensus/quorum.ts';
import type { Replica } from '../consensus/replica.ts';
import type { Config, MemberChange } from '../consensus/types.ts';
import { mix, Random } from './random.ts';
import type { SimulatedServer } from './simulated-server.ts';
import type { Surroundings } from './surroundings.ts';

/** The leader of the newest term: what it has found to be safe, is. */
export function newestLeader(servers: readonly SimulatedServer[]): Replica | undefined {
  const leaders = servers.flatMap(({ replica }) => (replica?.role === 'leader' ? [replica] : []));
  return leaders.sort((a, b) => b.term - a.term)[0];
}

/**
 * A person who resizes the cluster. It knows two rules: a disk is only thrown away when the others
 * can do without it, and a server that has lost its disk comes back by a replacement.
 */
export class SimulatedOperator {
  readonly #servers: readonly SimulatedServer[];
  readonly #around: Surroundings;
  readonly #random: Random;
  #moves = 0;

  constructor(servers: readonly SimulatedServer[], around: Surroundings) {
    this.#servers = servers;
    this.#around = around;
    this.#random = new Random(mix(around.options.seed, 7));
  }

  start(): void {
    const { spareCount, faultKinds } = this.#around.options;
    if (spareCount > 0 || faultKinds.includes('olderDisk')) this.#round();
  }

  /** Wants something to be different about a server, and sometimes about another one as well. */
  change(server: SimulatedServer, other: SimulatedServer, chance: number): void {
    const leader = this.#servers.find(({ isLeader }) => isLeader);
    const asked = leader ?? server;
    const { config } = newestLeader(this.#servers) ?? asked.replica ?? {};
    // A lost disk is replaced first: until then, the cluster may need all the others.
    if (config === undefined || !this.#isWhole(config)) return;
    const wanted = this.#wish(server, config, chance);
    asked.changeMembers(wanted);
    // At the same time, perhaps to another server that believes that it leads.
    const isConcurrent = chance * 10 - Math.floor(chance * 10) < 0.5;
    if (isConcurrent && this.#isWhole(config)) {
      const second = this.#servers.findLast(({ isLeader }) => isLeader) ?? other;
      second.changeMembers(this.#wish(other, config, 1 - chance));
    }
  }

  #wish(server: SimulatedServer, config: Config, chance: number): MemberChange[] {
    const { id } = server;
    const member = memberOf(config, id);
    if (member === undefined || member.isLeaving || chance < 0.1) {
      this.#moves += 1;
      return [{ type: 'put', id, address: `${id}:${this.#moves}` }];
    }
    if (chance < 0.7 || member.directoryId === undefined) return [{ type: 'remove', id }];
    if (this.#isExpendable(server)) this.#wipe(server);
    return [{ type: 'replace', id, directoryId: member.directoryId }];
  }

  /** Looks after things now and then, whatever else goes wrong. */
  #round(): void {
    const { queue, now, options } = this.#around;
    for (const server of this.#servers) this.#lookAfter(server);
    const pauseMs = options.timings.electionTimeoutMs * this.#random.between(1, 3);
    queue.push(now() + pauseMs, () => this.#round());
  }

  #lookAfter(server: SimulatedServer): void {
    const leader = newestLeader(this.#servers);
    if (leader?.config === undefined) return;
    const member = memberOf(leader.config, server.id);
    if (server.hasLeft) {
      // A server that says so is believed; some start it again all the same.
      if (this.#random.chance(0.5)) this.#wipe(server);
      else server.start();
    } else if (server.diskAge.isFound) {
      // It is to be given up, as it says; some start it again all the same.
      if (this.#random.chance(0.7)) this.#wipe(server);
      else server.start();
    } else if (this.#isLost(server, leader)) {
      // It says that it cannot believe what it hears, and that it is to begin anew.
      this.#wipe(server);
    } else if (server.isWiped && member?.directoryId !== undefined) {
      const { id } = server;
      if (member.directoryId === server.directoryId) return;
      const { directoryId } = member;
      const asked = this.#servers.find(one => one.id === leader.identity.id);
      asked?.changeMembers([{ type: 'replace', id, directoryId }]);
    }
  }

  /** Was it removed while it slept, and has nobody whom it knows stayed? Then nobody needs it. */
  #isLost({ replica, id, directoryId }: SimulatedServer, leader: Replica): boolean {
    const { config } = leader;
    if (config === undefined || replica?.config === undefined || !isSettled(leader)) return false;
    const isNamed = isMember(config, { id, directoryId });
    const sender = leader.identity;
    return (
      !isNamed && this.#isWhole(config) && view(replica).objectionTo(config, sender) === 'unrelated'
    );
  }

  /** May the disk be thrown away? All others that count are whole, and hold what is committed. */
  #isExpendable(server: SimulatedServer): boolean {
    const leader = newestLeader(this.#servers);
    if (leader === undefined || !isSettled(leader) || leader.identity.id === server.id)
      return false;
    const { config, leadership } = leader;
    if (config === undefined || !this.#isWhole(config)) return false;
    // Nobody else may go meanwhile: what is wanted, or waits to be, comes first.
    const isQuiet = isSteady(config) && leadership?.memberRequests.length === 0;
    return isQuiet && config.members.length >= 3;
  }

  /** Has no voter lost its disk? */
  #isWhole({ members }: Config): boolean {
    return members.every(
      ({ id, directoryId, isVoter }) =>
        !isVoter || this.#servers.some(one => one.id === id && one.directoryId === directoryId),
    );
  }

  #wipe(server: SimulatedServer): void {
    this.#around.marks.note('a disk was thrown away');
    // Its file is that of the cluster which it is to join: with one that names only servers which
    // are as new as itself, it would found another one.
    server.wipe(this.#servers.map(({ id }) => id));
    server.start();
  }
}

const isSettled = (leader: Replica): boolean => view(leader).isConfigInstalled;
