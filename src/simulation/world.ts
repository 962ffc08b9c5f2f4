import { setImmediate as turnOfTheOthers } from 'node:timers/promises';
import type { ByteString } from '../codec/byte-string.ts';
import { lastPosition } from '../consensus/invariants.ts';
import { isMember, isSteady } from '../consensus/quorum.ts';
import type { Config, Message } from '../consensus/types.ts';
import { EventQueue } from './event-queue.ts';
import { demand } from './failure.ts';
import type { Fault } from './fault-plan.ts';
import { Marks } from './marks.ts';
import { Misfortunes } from './misfortunes.ts';
import { Neighbour } from './neighbour.ts';
import { Network, type NetworkTotals } from './network.ts';
import type { SimulationOptions } from './options.ts';
import { Oracle } from './oracle.ts';
import { mix, Random } from './random.ts';
import { SimulatedClient } from './simulated-client.ts';
import { SimulatedHolder } from './simulated-holder.ts';
import { newestLeader, SimulatedOperator } from './simulated-operator.ts';
import { SimulatedPipeline } from './simulated-pipeline.ts';
import { SimulatedReader } from './simulated-reader.ts';
import { SimulatedServer } from './simulated-server.ts';
import { SimulatedWatcher } from './simulated-watcher.ts';
import type { Surroundings } from './surroundings.ts';

/** A seed that takes more steps than this has come to a stop that it does not notice. */
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
  readonly #oracle: Oracle;
  readonly #marks = new Marks();
  readonly #network: Network;
  readonly #servers: readonly SimulatedServer[];
  readonly #clients: readonly SimulatedClient[];
  readonly #readers: readonly SimulatedReader[];
  readonly #watchers: readonly SimulatedWatcher[];
  readonly #pipelines: readonly SimulatedPipeline[];
  readonly #holders: readonly SimulatedHolder[];
  readonly #random: Random;
  readonly #misfortunes: Misfortunes;
  readonly #operator: SimulatedOperator;
  readonly #neighbour: Neighbour | undefined;
  #nowMs = 0;
  /** Nothing goes on behind the last event. */
  #isAtRest = true;
  #violation: string | undefined;

  constructor(options: SimulationOptions, trace: ((text: string) => void) | undefined) {
    this.#options = options;
    this.#random = new Random(mix(options.seed, 6));
    this.#oracle = new Oracle(() => this.#nowMs, options.clockDrift);
    const { serverCount, spareCount } = options;
    const ids = Array.from({ length: serverCount + spareCount }, (_, place) => `n${place}`);
    const receive = (message: Message): void =>
      this.#servers.find(({ id }) => id === message.envelope.to)?.receive(message);
    this.#network = new Network(options, this.#queue, message => {
      receive(message);
      this.#neighbour?.overhear(message);
    });
    const around: Surroundings = {
      options,
      queue: this.#queue,
      network: this.#network,
      oracle: this.#oracle,
      marks: this.#marks,
      clan: '',
      now: () => this.#nowMs,
      mixUp: id => this.#neighbour?.mixUp(id),
      served: id => this.#servers.find(server => server.id === id)?.served,
      awaitRest: () => {
        this.#isAtRest = false;
      },
      fail: violation => {
        this.#violation ??= violation;
      },
      trace: trace && (text => trace(`${this.#nowMs.toFixed(2).padStart(10)} ${text}`)),
    };
    const all = ids as SimulatedServer['id'][];
    const founders = all.slice(0, serverCount);
    this.#servers = all.map((_, place) => {
      // The files of those who come later may list all of them: so they must not found another one.
      const listed = place < serverCount ? founders : all;
      return new SimulatedServer(place, listed, around);
    });
    if (options.neighbour !== 'none') this.#neighbour = new Neighbour(around, all, receive);
    this.#operator = new SimulatedOperator(this.#servers, around);
    this.#misfortunes = new Misfortunes(this.#servers, this.#operator, around);
    this.#oracle.watch(this.#servers);
    this.#clients = Array.from(
      { length: options.clients.count },
      (_, place) => new SimulatedClient(place, this.#servers, around),
    );
    this.#readers = Array.from(
      { length: options.clients.readerCount },
      (_, place) => new SimulatedReader(place, this.#servers, around),
    );
    const { watcherCount, pipelineDepth, ttlMs, holderCount } = options.workload;
    this.#holders = Array.from(
      { length: ttlMs > 0 ? holderCount : 0 },
      (_, place) => new SimulatedHolder(place, this.#servers, around),
    );
    this.#watchers = Array.from(
      { length: watcherCount },
      (_, place) => new SimulatedWatcher(place, this.#servers, around),
    );
    this.#pipelines = pipelineDepth > 0 ? [new SimulatedPipeline(0, this.#servers, around)] : [];
  }

  /** A line for each server: where it stands now. */
  describe(): string[] {
    return this.#servers.map(({ id, replica, appliedIndex, isPaused }) => {
      if (replica === undefined) return `${id} is down`;
      const { role, term, leader, vote, commit, log, durableIndex } = replica;
      const pull = replica.pulling.stream;
      const last = lastPosition(log);
      return (
        `${id} ${role}${isPaused ? ' (paused)' : ''} term ${term} vote ${vote} leader ${leader} ` +
        `last ${last.term}.${last.index} durable ${durableIndex} commit ${commit.term}.` +
        `${commit.index} applied ${appliedIndex} pulls ${pull?.path.join(' < ')} ` +
        `config ${configText(replica.config)}`
      );
    });
  }

  /** Throws a SimulationFailure when an invariant is violated, or nobody leads in the end. */
  async run(plan: readonly Fault[]): Promise<WorldReport> {
    const { electionTimeoutMs } = this.#options.timings;
    for (const server of this.#servers) {
      this.#queue.push(this.#random.next() * electionTimeoutMs, () => server.start());
    }
    this.#operator.start();
    this.#neighbour?.start();
    for (const client of this.#clients) client.start();
    for (const other of [...this.#readers, ...this.#watchers, ...this.#pipelines]) other.start();
    for (const holder of this.#holders) holder.start();
    for (const [place, atMs] of this.#options.upgradesAtMs.entries()) {
      this.#queue.push(atMs, () => this.#servers[place]?.upgrade());
    }
    for (const fault of plan) this.#queue.push(fault.atMs, () => this.#misfortunes.strike(fault));
    await this.#runUntil(this.#options.stormMs);
    this.#misfortunes.mendAll();
    await this.#runLivenessPhase();
    await this.#converge();
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

  get #areMembersChanging(): boolean {
    const { spareCount, faultKinds } = this.#options;
    return spareCount > 0 || faultKinds.includes('olderDisk');
  }

  #events(): number {
    return this.#servers.reduce((sum, { stepCount }) => sum + stepCount, 0);
  }

  async #runUntil(endMs: number, isDone = (): boolean => false): Promise<boolean> {
    while (!isDone()) {
      const item = this.#queue.pop();
      if (item === undefined) return false;
      this.#nowMs = Math.max(this.#nowMs, item.atMs);
      item.run();
      if (!this.#isAtRest) await this.#rest();
      demand(this.#violation === undefined, this.#violation ?? '');
      if (this.#nowMs >= endMs || this.#events() > stepsMax) return isDone();
    }
    return true;
  }

  /** What a promise has led to is done before the next event: so a seed is the same every time. */
  async #rest(): Promise<void> {
    this.#isAtRest = true;
    await turnOfTheOthers();
  }

  /**
   * A part of the harm stays for good, but a majority of servers is still connected, over whatever
   * path: a leader must appear, and every client must get its writes through.
   */
  async #runLivenessPhase(): Promise<void> {
    this.#network.calmDown();
    for (const client of this.#clients) client.calmDown();
    const isFounded = this.#servers.some(({ hasJoined }) => hasJoined);
    // Which servers are a majority may still change where members come and go.
    if (isFounded && !this.#areMembersChanging) this.#leavePermanentFault();
    const ackedBefore = this.#clients.map(({ ackedCount }) => ackedCount);
    const isServed = (): boolean =>
      this.#clients.every(({ ackedCount }, place) => ackedCount >= (ackedBefore[place] ?? 0) + 2);
    const { timings, clients, network } = this.#options;
    const roundTripMs = 2 * (network.delayMs + network.jitterMs);
    const patienceMs =
      80 * timings.electionTimeoutMs +
      40 * (clients.timeoutMs + clients.pauseMs) +
      this.#heapedUp() * roundTripMs;
    const isAlive = await this.#runUntil(this.#nowMs + patienceMs, isServed);
    const overrun = this.#events() > stepsMax ? ' (too many steps)' : '';
    demand(isAlive, `liveness: a connected majority serves nobody${overrun}`);
  }

  /** Clients that asked again and again have left so many entries, which are worked off first. */
  #heapedUp(): number {
    return Math.max(
      0,
      ...this.#servers.map(({ replica }) =>
        replica === undefined ? 0 : replica.log.lastIndex - replica.commit.index,
      ),
    );
  }

  #leavePermanentFault(): void {
    const majority = Math.floor(this.#servers.length / 2) + 1;
    const wiped = this.#servers.filter(({ isImpaired }) => isImpaired);
    const sound = this.#shuffled(this.#servers.filter(({ isImpaired }) => !isImpaired));
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
        if (!this.#random.chance(keep)) this.#misfortunes.cutLink(server, other);
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
  async #converge(): Promise<void> {
    this.#misfortunes.mendAll();
    for (const one of [...this.#clients, ...this.#pipelines, ...this.#holders]) one.stop();
    await this.#demandConvergence();
    this.#servers.find(({ isLeader }) => isLeader)?.crash(true);
    this.#misfortunes.mendAll();
    await this.#demandConvergence();
    await this.#demandRead();
    await this.#demandExpiry();
    await this.#demandLevel();
    await this.#demandWatches();
    await this.#demandNeighbour();
  }

  async #demandRead(): Promise<void> {
    const { electionTimeoutMs } = this.#options.timings;
    let isAnswered = false;
    const ask = (): void => {
      const leader = this.#servers.find(({ isLeader }) => isLeader);
      leader?.door.read({ consistency: 'quorum', maxStalenessMs: 0 }, 'a' as ByteString, found => {
        isAnswered ||= found !== undefined;
      });
      if (!isAnswered) this.#queue.push(this.#nowMs + electionTimeoutMs, ask);
    };
    ask();
    await this.#runUntil(this.#nowMs + 60 * electionTimeoutMs, () => isAnswered);
    demand(isAnswered, 'liveness: a healthy cluster answers no read');
  }

  /** What was to go is gone everywhere, although nobody writes. */
  async #demandExpiry(): Promise<void> {
    const { timings, workload, clockDrift } = this.#options;
    const longestMs = (2 * workload.ttlMs) / (1 - clockDrift);
    const patienceMs = longestMs + 20 * timings.electionTimeoutMs;
    const isOver = (): boolean => {
      const { config } = newestLeader(this.#servers) ?? {};
      return this.#servers.every(server => server.leaseCount === 0 || !isMember(config, server));
    };
    const isGone = await this.#runUntil(this.#nowMs + patienceMs, isOver);
    demand(isGone, 'liveness: what was to expire is still there');
  }

  /** Once all members understand them, the newer commands may be used. */
  async #demandLevel(): Promise<void> {
    // What a server understands that has lost its disk, and is no member, is never heard again.
    const isWhole = this.#servers.every(({ isImpaired }) => !isImpaired);
    if (this.#options.upgradesAtMs.length === 0 || !isWhole) return;
    const patienceMs = 5000 + 20 * this.#options.timings.electionTimeoutMs;
    const isRaised = (): boolean => {
      const { config } = newestLeader(this.#servers) ?? {};
      return this.#servers.every(server => server.level === 2 || !isMember(config, server));
    };
    const isDone = await this.#runUntil(this.#nowMs + patienceMs, isRaised);
    demand(isDone, 'liveness: the level of the commands is not raised');
    this.#marks.note('level raised');
  }

  async #demandNeighbour(): Promise<void> {
    const neighbour = this.#neighbour;
    if (neighbour === undefined) return;
    const patienceMs = 20 * this.#options.timings.electionTimeoutMs;
    const isWell = await this.#runUntil(this.#nowMs + patienceMs, () => neighbour.isWell);
    demand(isWell, 'liveness: the other cluster does not serve');
    neighbour.check(this.#servers);
  }

  async #demandWatches(): Promise<void> {
    const isTold = (): boolean => this.#watchers.every(watcher => watcher.isTold);
    const patienceMs = 20 * this.#options.timings.electionTimeoutMs;
    const isDone = await this.#runUntil(this.#nowMs + patienceMs, isTold);
    demand(isDone, 'liveness: a watcher is not told what has happened');
  }

  async #demandConvergence(): Promise<void> {
    const isSame = (): boolean => {
      const leader = newestLeader(this.#servers);
      const committed = this.#oracle.committedCount;
      return (
        leader?.config !== undefined &&
        leader.commit.index === leader.log.lastIndex &&
        leader.commit.index === committed &&
        isSteady(leader.config) &&
        this.#servers.every(server =>
          isMember(leader.config, server)
            ? server.appliedIndex === committed
            : server.replica?.departure.state !== 'awaited',
        )
      );
    };
    const { timings, clients } = this.#options;
    const steps = 60 + 40 * (this.#areMembersChanging ? Math.max(1, this.#options.spareCount) : 0);
    const patienceMs = steps * timings.electionTimeoutMs + 10 * clients.timeoutMs;
    const hasConverged = await this.#runUntil(this.#nowMs + patienceMs, isSame);
    demand(hasConverged, 'liveness: a healthy cluster leaves a server behind');
  }
}

/** `2.5: n0 n1 (n2) -n3`: a server in brackets does not vote, one with a minus is to leave. */
function configText(config: Config | undefined): string {
  if (config === undefined) return 'none';
  const members = config.members.map(({ id, isVoter, isLeaving }) => {
    const name = isVoter ? id : `(${id})`;
    return isLeaving ? `-${name}` : name;
  });
  return `${config.id.term}.${config.id.version}: ${members.join(' ')}`;
}
