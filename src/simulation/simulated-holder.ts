import { grantedIn } from './models/leases-model.ts';
import { mix, Random } from './random.ts';
import type { SimulatedServer } from './simulated-server.ts';
import type { Surroundings } from './surroundings.ts';

/** Leases of one request, at most. */
const leasesMax = 4;

/**
 * Keeps leases alive, its own or not, by asking one server after the other. Whatever it is told of
 * a lease must be true by its own clock: it may rely on it from the moment of its request on.
 */
export class SimulatedHolder {
  readonly #around: Surroundings;
  readonly #servers: readonly SimulatedServer[];
  readonly #random: Random;
  #isStopped = false;

  constructor(place: number, servers: readonly SimulatedServer[], around: Surroundings) {
    this.#servers = servers;
    this.#around = around;
    this.#random = new Random(mix(around.options.seed, 33, place));
  }

  start(): void {
    const { queue, options } = this.#around;
    const pauseMs = options.workload.ttlMs * this.#random.between(0.1, 0.5);
    queue.push(this.#around.now() + pauseMs, () => {
      if (this.#isStopped) return;
      this.#keepAlive();
      this.start();
    });
  }

  stop(): void {
    this.#isStopped = true;
  }

  #keepAlive(): void {
    const { oracle, marks, now } = this.#around;
    const there = [...grantedIn(oracle.chronicle.newest).keys()];
    // One that is gone, or not there yet, is asked for as well.
    const known = [...there, oracle.chronicle.newest.token + 1];
    const count = Math.min(leasesMax, known.length);
    const leases = Array.from(
      { length: count },
      () => known[this.#random.below(known.length)] ?? 0,
    );
    const consistency = this.#random.pick(['lease', 'quorum', 'quorum', 'local'] as const);
    const demand = { consistency, maxStalenessMs: 0, minIndex: 0 };
    const mayEndAtMs = oracle.chronicle.mayEndAtMs(leases);
    this.#server()?.door.ask({ name: 'leases.keepAlive', query: { leases }, demand }, told => {
      if (told === undefined) return;
      const { index, fromMs } = told;
      const kept = (told.answer as { leases: { lease: number; ttlMs: number }[] }).leases;
      for (const { ttlMs } of kept) marks.note(ttlMs > 0 ? 'lease kept alive' : 'lease is over');
      oracle.chronicle.judgeKeptAlive({ leases: kept, index, fromMs, mayEndAtMs }, now());
    });
  }

  /** Most often one that believes that it leads: there may be two. */
  #server(): SimulatedServer | undefined {
    const leaders = this.#servers.filter(({ isLeader }) => isLeader);
    const asked = leaders.length > 0 && this.#random.chance(0.8) ? leaders : this.#servers;
    return asked[this.#random.below(asked.length)];
  }
}
