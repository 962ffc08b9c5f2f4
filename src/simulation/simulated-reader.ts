import { anyKey } from './key-write.ts';
import { mix, Random } from './random.ts';
import type { SimulatedServer } from './simulated-server.ts';
import type { Surroundings } from './surroundings.ts';

/** Reads from one server after the other, whoever leads: a stale answer must not get through. */
export class SimulatedReader {
  readonly #around: Surroundings;
  readonly #servers: readonly SimulatedServer[];
  readonly #random: Random;

  constructor(place: number, servers: readonly SimulatedServer[], around: Surroundings) {
    this.#servers = servers;
    this.#around = around;
    this.#random = new Random(mix(around.options.seed, 7, place));
  }

  start(): void {
    const { queue, oracle, options, marks } = this.#around;
    const pauseMs = this.#random.next() * options.timings.heartbeatIntervalMs * 0.5;
    queue.push(this.#around.now() + pauseMs, () => {
      const server = this.#servers[this.#random.below(this.#servers.length)];
      const ackedBefore = oracle.lastAckedSeq;
      const key = anyKey(this.#random);
      const calledAt = oracle.keys.now();
      const consistency = this.#random.chance(0.5) ? 'quorum' : 'lease';
      server?.read({ consistency, maxStalenessMs: 0 }, key, found => {
        if (found === undefined) return;
        oracle.read(found.lastSeq, ackedBefore);
        oracle.keys.read(key, calledAt, found.value);
        marks.note(found.warrant.consistency === 'lease' ? 'lease read' : 'linearizable read');
      });
      this.start();
    });
  }
}
