import { lastPosition } from '../consensus/log.ts';
import { EventQueue } from './event-queue.ts';
import { demand } from './failure.ts';
import type { Fault } from './fault-plan.ts';
import { Marks } from './marks.ts';
import { Network, type NetworkTotals } from './network.ts';
import type { SimulationOptions } from './options.ts';
import { Oracle } from './oracle.ts';
import { mix, Random } from './random.ts';
import { SimulatedClient } from './simulated-client.ts';
import { SimulatedReader } from './simulated-reader.ts';
import { SimulatedServer, type Surroundings } from './simulated-server.ts';

/** What is let through although the cluster may still need it: a seed must end some time. */
const stepsMax = 400_000;

export type WorldReport = {
  readonly events: number;
  readonly virtualMs: number;
  readonly committed: number;
  readonly acked: number;
  /** Reads and writes of keys whose history was found linearizable. */
  readonly keyOperations: number;
  readonly network: NetworkTotals;
  readonly marks: Marks;
};

/** One seed's cluster, its clients and its misfortunes, from the first start to the last check. */
export class World {
  readonly #options: SimulationOptions;
  readonly #queue = new EventQueue();
  readonly #oracle = new Oracle();
  readonly #marks = new Marks();
  readonly #network: Network;
  readonly #servers: readonly SimulatedServer[];
  readonly #clients: readonly SimulatedClient[];
  readonly #readers: readonly SimulatedReader[];
  readonly #random: Random;
  /** Undoes what faults did, when the storm is over. */
  readonly #repairs = new Set<() => void>();
  #nowMs = 0;

  constructor(options: SimulationOptions, trace: (text: string) => void) {
    this.#options = options;
    this.#random = new Random(mix(options.seed, 6));
    const ids = Array.from({ length: options.serverCount }, (_, place) => `n${place}`);
    this.#network = new Network(options, this.#queue, message => {
      this.#servers.find(({ id }) => id === message.envelope.to)?.receive(message);
    });
    const around: Surroundings = {
      options,
      queue: this.#queue,
      network: this.#network,
      oracle: this.#oracle,
      marks: this.#marks,
      now: () => this.#nowMs,
      trace: text => trace(`${this.#nowMs.toFixed(2).padStart(10)} ${text}`),
    };
    const listed = ids as SimulatedServer['id'][];
    this.#servers = listed.map((_, place) => new SimulatedServer(place, listed, around));
    this.#oracle.watch(this.#servers);
    this.#clients = Array.from(
      { length: options.clients.count },
      (_, place) => new SimulatedClient(place, this.#servers, around),
    );
    this.#readers = Array.from(
      { length: options.clients.readerCount },
      (_, place) => new SimulatedReader(place, this.#servers, around),
    );
  }

  /** A line for each server: where it stands now. */
  describe(): string[] {
    return this.#servers.map(({ id, replica, appliedIndex, isPaused }) => {
      if (replica === undefined) return `${id} is down`;
      const { role, term, leader, vote, commit, log, pull, durableIndex } = replica;
      const last = lastPosition(log);
      return (
        `${id} ${role}${isPaused ? ' (paused)' : ''} term ${term} vote ${vote} leader ${leader} ` +
        `last ${last.term}.${last.index} durable ${durableIndex} commit ${commit.term}.` +
        `${commit.index} applied ${appliedIndex} pulls ${pull?.path.join(' < ')}`
      );
    });
  }

  /** Throws a SimulationFailure when an invariant is violated, or nobody leads in the end. */
  run(plan: readonly Fault[]): WorldReport {
    const { electionTimeoutMs } = this.#options.timings;
    for (const server of this.#servers) {
      this.#queue.push(this.#random.next() * electionTimeoutMs, () => server.start());
    }
    for (const client of this.#clients) client.start();
    for (const reader of this.#readers) reader.start();
    for (const fault of plan) this.#queue.push(fault.atMs, () => this.#strike(fault));
    this.#runUntil(this.#options.stormMs);
    this.#endStorm();
    this.#runLivenessPhase();
    this.#converge();
    this.#oracle.checkJournal();
    this.#oracle.keys.check();
    return this.#report();
  }

  #report(): WorldReport {
    return {
      events: this.#events(),
      virtualMs: this.#nowMs,
      committed: this.#oracle.committedCount,
      acked: this.#oracle.acked.size,
      keyOperations: this.#oracle.keys.size,
      network: this.#network.totals,
      marks: this.#marks,
    };
  }

  #events(): number {
    return this.#servers.reduce((sum, { stepCount }) => sum + stepCount, 0);
  }

  #runUntil(endMs: number, isDone = (): boolean => false): boolean {
    while (!isDone()) {
      const item = this.#queue.pop();
      if (item === undefined) return false;
      this.#nowMs = Math.max(this.#nowMs, item.atMs);
      item.run();
      if (this.#nowMs >= endMs || this.#events() > stepsMax) return isDone();
    }
    return true;
  }

  #strike(fault: Fault): void {
    const { server, other } = this.#involved(fault);
    if (server === undefined || other === undefined) return;
    this.#marks.note(`fault: ${fault.kind}`);
    const end = this.#begin(fault, server, other);
    if (end === undefined) return;
    const repair = (): void => {
      if (this.#repairs.delete(repair)) end();
    };
    this.#repairs.add(repair);
    this.#queue.push(this.#nowMs + fault.durationMs, repair);
  }

  /** Half of the faults look for the leader: it is where they hurt. */
  #involved({ server, other, chance, kind }: Fault): {
    server: SimulatedServer | undefined;
    other: SimulatedServer | undefined;
  } {
    const leader = this.#servers.findIndex(({ isLeader }) => isLeader);
    const isForLeader = ['isolateLeader', 'handOver', 'changeSides'].includes(kind);
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
        const delayMs = this.#options.timings.electionTimeoutMs * chance;
        return this.#disturb(server, other, { loss: 0, delayMs });
      }
      case 'slowDisk':
        server.slowDown(1 + 50 * chance);
        return () => server.slowDown(1);
      case 'changeSides':
        return this.#changeSides(other, chance);
      case 'handOver':
        server.handOver();
        return undefined;
      case 'wipe':
        return this.#wipe(server);
    }
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
      const durationMs = 2 * this.#options.timings.electionTimeoutMs;
      const fault = { atMs: this.#nowMs, durationMs, chance, server: place, other: place };
      this.#strike({ ...fault, kind: 'isolateLeader' });
      if (chance > 0.5) return;
      for (const server of this.#others(leader).filter(peer => peer !== away)) {
        server.crash(true);
        server.start();
      }
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

  /** One lost disk is all that a majority must survive here. */
  #wipe(server: SimulatedServer): (() => void) | undefined {
    const isAllowed = server.hasJoined && this.#servers.every(({ isWiped }) => !isWiped);
    if (!isAllowed || this.#servers.length < 3) return undefined;
    server.wipe();
    return () => server.start();
  }

  #endStorm(): void {
    // Some faults end in others.
    while (this.#repairs.size > 0) {
      for (const repair of [...this.#repairs]) {
        repair();
        this.#repairs.delete(repair);
      }
    }
    for (const server of this.#servers) server.start();
  }

  /**
   * A part of the harm stays for good, but a majority of servers is still connected, over whatever
   * path: a leader must appear, and every client must get its writes through.
   */
  #runLivenessPhase(): void {
    this.#network.calmDown();
    for (const client of this.#clients) client.calmDown();
    const isFounded = this.#servers.some(({ hasJoined }) => hasJoined);
    if (isFounded) this.#leavePermanentFault();
    const ackedBefore = this.#clients.map(({ ackedCount }) => ackedCount);
    const isServed = (): boolean =>
      this.#clients.every(({ ackedCount }, place) => ackedCount >= (ackedBefore[place] ?? 0) + 2);
    const { timings, clients } = this.#options;
    const patienceMs = 80 * timings.electionTimeoutMs + 40 * (clients.timeoutMs + clients.pauseMs);
    const isAlive = this.#runUntil(this.#nowMs + patienceMs, isServed);
    const overrun = this.#events() > stepsMax ? ' (too many steps)' : '';
    demand(isAlive, `liveness: a connected majority serves nobody${overrun}`);
  }

  #leavePermanentFault(): void {
    const majority = Math.floor(this.#servers.length / 2) + 1;
    const wiped = this.#servers.filter(({ isWiped }) => isWiped);
    const sound = this.#shuffled(this.#servers.filter(({ isWiped }) => !isWiped));
    const downCount = this.#random.below(sound.length - majority + 1);
    const down = sound.slice(0, downCount);
    const connected = sound.slice(downCount);
    if (wiped.length + downCount > 0) this.#marks.note('liveness with servers lost');
    for (const server of down) server.crash(true);
    this.#leaveOnlyATree(connected);
  }

  /** Cuts links at random, except those of one path through all servers. */
  #leaveOnlyATree(servers: readonly SimulatedServer[]): void {
    const keep = this.#random.pick([0, 0.3, 1] as const);
    if (keep < 1) this.#marks.note('liveness over a sparse network');
    for (const [place, server] of servers.entries()) {
      for (const other of servers.slice(place + 2)) {
        if (!this.#random.chance(keep)) this.#repairs.add(this.#cut(pair(server, other)));
      }
    }
  }

  #shuffled<T>(items: readonly T[]): T[] {
    return items
      .map(item => ({ item, key: this.#random.next() }))
      .sort((a, b) => a.key - b.key)
      .map(({ item }) => item);
  }

  /**
   * With all harm undone, all servers come to hold the same; and after one more change of leaders,
   * although nobody writes any more, everything in the logs is committed and can be read.
   */
  #converge(): void {
    this.#endStorm();
    for (const client of this.#clients) client.stop();
    this.#demandConvergence();
    this.#servers.find(({ isLeader }) => isLeader)?.crash(true);
    this.#endStorm();
    this.#demandConvergence();
    this.#demandRead();
  }

  #demandRead(): void {
    const { electionTimeoutMs } = this.#options.timings;
    let isAnswered = false;
    const ask = (): void => {
      const leader = this.#servers.find(({ isLeader }) => isLeader);
      leader?.read(answer => {
        isAnswered ||= answer !== undefined;
      });
      if (!isAnswered) this.#queue.push(this.#nowMs + electionTimeoutMs, ask);
    };
    ask();
    this.#runUntil(this.#nowMs + 60 * electionTimeoutMs, () => isAnswered);
    demand(isAnswered, 'liveness: a healthy cluster answers no read');
  }

  #demandConvergence(): void {
    const members = this.#servers.filter(({ isWiped }) => !isWiped);
    const isSame = (): boolean => {
      const leader = members.find(({ isLeader }) => isLeader)?.replica;
      const committed = this.#oracle.committedCount;
      return (
        leader?.commit.index === leader?.log.lastIndex &&
        leader?.commit.index === committed &&
        members.every(({ appliedIndex }) => appliedIndex === committed)
      );
    };
    const { timings, clients } = this.#options;
    const patienceMs = 60 * timings.electionTimeoutMs + 10 * clients.timeoutMs;
    const hasConverged = this.#runUntil(this.#nowMs + patienceMs, isSame);
    demand(hasConverged, 'liveness: a healthy cluster leaves a server behind');
  }
}

const pair = (one: SimulatedServer, two: SimulatedServer): [SimulatedServer, SimulatedServer][] => [
  [one, two],
  [two, one],
];
