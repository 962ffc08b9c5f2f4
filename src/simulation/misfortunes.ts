import { isMember, isSteady } from '../consensus/quorum.ts';
import type { Fault } from './fault-plan.ts';
import type { Network } from './network.ts';
import { newestLeader, type SimulatedOperator } from './simulated-operator.ts';
import type { SimulatedServer } from './simulated-server.ts';
import type { Surroundings } from './surroundings.ts';

/** Harms servers, disks and links, and knows how to undo it. */
export class Misfortunes {
  readonly #around: Surroundings;
  readonly #network: Network;
  readonly #servers: readonly SimulatedServer[];
  readonly #operator: SimulatedOperator;
  /** Undoes what is still harmed. */
  readonly #repairs = new Set<() => void>();
  #truceUntilMs = 0;
  /** A replacement is under way, and needs all the others; or was. */
  #hasGivenUp = false;

  constructor(
    servers: readonly SimulatedServer[],
    operator: SimulatedOperator,
    around: Surroundings,
  ) {
    this.#servers = servers;
    this.#operator = operator;
    this.#around = around;
    this.#network = around.network;
  }

  strike(fault: Fault): void {
    // Until an older disk is found, those who know of it must be there to say so.
    const { now } = this.#around;
    if (now() < this.#truceUntilMs || this.#servers.some(one => one.diskAge.isUnknown)) return;
    const { server, other } = this.#involved(fault);
    if (server === undefined || other === undefined) return;
    this.#around.marks.note(`fault: ${fault.kind}`);
    const end = this.#begin(fault, server, other);
    if (end === undefined) return;
    const repair = (): void => {
      if (this.#repairs.delete(repair)) end();
    };
    this.#repairs.add(repair);
    this.#around.queue.push(this.#around.now() + fault.durationMs, repair);
  }

  /** Half of the faults look for the leader: it is where they hurt. */
  #involved({ server, other, chance, kind }: Fault): {
    server: SimulatedServer | undefined;
    other: SimulatedServer | undefined;
  } {
    const leader = this.#servers.findIndex(({ isLeader }) => isLeader);
    const isForLeader = ['isolateLeader', 'transferLeadership', 'changeSides'].includes(kind);
    const isHunt = leader >= 0 && (isForLeader || chance < 0.4);
    const place = isHunt ? leader : server;
    const next = other === place ? (other + 1) % this.#servers.length : other;
    return { server: this.#servers[place], other: this.#servers[next] };
  }

  /** Does the harm, and returns what ends it. */
  #begin(
    { kind, chance }: Fault,
    server: SimulatedServer,
    other: SimulatedServer,
  ): (() => void) | undefined {
    switch (kind) {
      case 'powerLoss':
      case 'kill':
        server.crash(kind === 'kill');
        return () => server.start();
      case 'crashBetweenEffects':
        server.crashSoon(chance);
        return () => server.start();
      case 'pause':
        server.pause();
        return () => server.resume();
      case 'sleep':
        server.fallAsleep();
        return () => server.resume();
      case 'setClock':
        server.setWallClock();
        return undefined;
      case 'cutLink':
        return this.#cut(pair(server, other));
      case 'cutOneWay':
        return this.#cut([[server, other]]);
      case 'isolateLeader':
        return this.#cut(this.#others(server).flatMap(peer => pair(server, peer)));
      case 'partition':
        return this.#partition(chance);
      case 'resetLink':
        this.#reset(server, other);
        return undefined;
      case 'lossyLink':
        return this.#disturb(server, other, { loss: 0.3, delayMs: 0 });
      case 'slowLink': {
        const delayMs = this.#around.options.timings.electionTimeoutMs * chance;
        return this.#disturb(server, other, { loss: 0, delayMs });
      }
      case 'changeSides':
        return this.#changeSides(other, chance);
      case 'transferLeadership':
        server.transferLeadership();
        return chance < 0.5 ? this.#cutOffSoon(server, chance) : undefined;
      case 'changeMembers':
        this.#operator.change(server, other, chance);
        return undefined;
      case 'mixUp':
        // Who has founded nothing yet could not tell the two apart.
        if (!this.#servers.every(({ hasJoined }) => hasJoined)) return undefined;
        return this.#around.mixUp(server.id);
      default:
        return this.#beginAtDisk(kind, server, chance);
    }
  }

  #beginAtDisk(
    kind: 'slowDisk' | 'wipe' | 'loseLog' | 'olderDisk' | 'loseSnapshot',
    server: SimulatedServer,
    chance: number,
  ): (() => void) | undefined {
    switch (kind) {
      case 'slowDisk':
        server.slowDown(1 + 50 * chance);
        return () => server.slowDown(1);
      case 'wipe':
        return this.#wipe(server);
      case 'loseLog':
        if (!this.#mayLose(server)) return undefined;
        server.loseLog(chance);
        return () => server.start();
      case 'olderDisk':
        this.#giveUp(server, chance);
        return undefined;
      case 'loseSnapshot':
        if (!this.#mayLose(server)) return undefined;
        server.loseSnapshot();
        return () => server.start();
    }
  }

  /**
   * A directory whose metadata are damaged is refused. Or it is put back from an older copy: it has
   * forgotten votes then, and only who knows of its newest boot can tell it. So all others know,
   * and nothing else happens until it has heard.
   */
  #giveUp(server: SimulatedServer, chance: number): void {
    const { now, queue, options } = this.#around;
    const boots = chance < 0.45 ? 1 : 2;
    if (!this.#mayLose(server) || !server.hasCopy(boots)) return;
    const { electionTimeoutMs } = options.timings;
    this.#truceUntilMs = now() + 2 * electionTimeoutMs;
    this.mendAll();
    for (const one of this.#servers) one.crashSoon(undefined);
    queue.push(now() + electionTimeoutMs, () => {
      if (now() > options.stormMs || !this.#isKnownToAll(server)) return;
      this.#hasGivenUp = true;
      if (chance > 0.65) {
        server.loseMetadata();
        return;
      }
      this.#around.marks.note('an older disk was put back');
      server.putBack(boots);
      // What the others know of it outlives their own restarts.
      const isAmongRestarts = (10 * chance) % 1 < 0.5;
      if (isAmongRestarts) for (const other of this.#others(server)) other.crash(true);
      server.start();
      for (const other of this.#others(server)) other.start();
      // Connections to the process of before are gone.
      for (const other of this.#others(server)) this.#reset(server, other);
    });
  }

  #isKnownToAll(server: SimulatedServer): boolean {
    const { config } = newestLeader(this.#servers) ?? {};
    return (
      this.#mayLose(server) &&
      config !== undefined &&
      isSteady(config) &&
      this.#servers.every(one => isMember(config, one)) &&
      this.#others(server).every(other => other.knowsBootOf(server))
    );
  }

  #others(server: SimulatedServer): SimulatedServer[] {
    return this.#servers.filter(peer => peer !== server);
  }

  #cut(links: readonly (readonly [SimulatedServer, SimulatedServer])[]): () => void {
    for (const [from, to] of links) this.#network.cut(from.id, to.id);
    return () => {
      for (const [from, to] of links) this.#network.mend(from.id, to.id);
      for (const [from, to] of links) {
        if (!this.#network.isCut(from.id, to.id)) from.connected(to.id);
      }
    };
  }

  /**
   * One server misses a while, then the leader is cut off in its stead: so the two that are left
   * disagree about how long ago the leader was heard. The one that knows may forget it, too.
   */
  #changeSides(away: SimulatedServer, chance: number): () => void {
    const mend = this.#cut(this.#others(away).flatMap(peer => pair(away, peer)));
    return () => {
      mend();
      const leader = this.#servers.find(({ isLeader }) => isLeader);
      if (leader === undefined || leader === away) return;
      const place = this.#servers.indexOf(leader);
      const durationMs = 2 * this.#around.options.timings.electionTimeoutMs;
      const fault = { atMs: this.#around.now(), durationMs, chance, server: place, other: place };
      this.strike({ ...fault, kind: 'isolateLeader' });
      if (chance > 0.5) return;
      for (const server of this.#others(leader).filter(peer => peer !== away)) {
        server.crash(true);
        server.start();
      }
    };
  }

  /** Somewhere in the middle of what it is doing, nobody hears it any more. */
  #cutOffSoon(server: SimulatedServer, chance: number): () => void {
    const inMs = 0.4 * chance * this.#around.options.timings.electionTimeoutMs;
    let isOver = false;
    let mend: (() => void) | undefined;
    this.#around.queue.push(this.#around.now() + inMs, () => {
      if (!isOver) mend = this.#cut(this.#others(server).flatMap(peer => pair(server, peer)));
    });
    return () => {
      isOver = true;
      mend?.();
    };
  }

  /** Two groups that do not reach each other; each server's group is a bit of the chance. */
  #partition(chance: number): () => void {
    const groups = Math.floor(chance * 2 ** this.#servers.length);
    const isInSecond = (server: SimulatedServer): boolean =>
      ((groups >> this.#servers.indexOf(server)) & 1) === 1;
    const first = this.#servers.filter(server => !isInSecond(server));
    const second = this.#servers.filter(isInSecond);
    return this.#cut(first.flatMap(one => second.flatMap(two => pair(one, two))));
  }

  #reset(server: SimulatedServer, other: SimulatedServer): void {
    for (const [from, to] of pair(server, other)) {
      this.#network.reset(from.id, to.id);
      if (!this.#network.isCut(from.id, to.id)) from.connected(to.id);
    }
  }

  #disturb(
    server: SimulatedServer,
    other: SimulatedServer,
    extra: { loss: number; delayMs: number },
  ): () => void {
    for (const [from, to] of pair(server, other)) this.#network.disturb(from.id, to.id, extra);
    return () => {
      const none = { loss: 0, delayMs: 0 };
      for (const [from, to] of pair(server, other)) this.#network.disturb(from.id, to.id, none);
    };
  }

  /** One lost disk, or one that has lost a part, is all that a majority must survive here. */
  #mayLose(server: SimulatedServer): boolean {
    if (this.#hasGivenUp) return false;
    const isSafe = server.hasJoined && this.#servers.every(({ isImpaired }) => !isImpaired);
    return isSafe && this.#servers.length >= 3;
  }

  #wipe(server: SimulatedServer): (() => void) | undefined {
    if (!this.#mayLose(server)) return undefined;
    server.wipe();
    return () => server.start();
  }

  /** Cuts links for good, until everything is mended. */
  cutLink(one: SimulatedServer, two: SimulatedServer): void {
    this.#repairs.add(this.#cut(pair(one, two)));
  }

  mendAll(): void {
    // Some faults end in others.
    while (this.#repairs.size > 0) {
      for (const repair of [...this.#repairs]) {
        repair();
        this.#repairs.delete(repair);
      }
    }
    for (const server of this.#servers) server.start();
  }
}

const pair = (one: SimulatedServer, two: SimulatedServer): [SimulatedServer, SimulatedServer][] => [
  [one, two],
  [two, one],
];
