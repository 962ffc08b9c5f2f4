import type { ReadDemand } from '../host/read-gate.ts';
import { anyKey } from './key-write.ts';
import { revisionIn } from './models/keys-data.ts';
import { mix, Random } from './random.ts';
import { randomQuestion } from './random-transaction.ts';
import type { Found } from './server-answers.ts';
import type { SimulatedServer } from './simulated-server.ts';
import type { Surroundings } from './surroundings.ts';

/** Reads from one server after the other, whoever leads: a stale answer must not get through. */
export class SimulatedReader {
  readonly #around: Surroundings;
  readonly #servers: readonly SimulatedServer[];
  readonly #random: Random;
  readonly #later: Random;
  readonly #past: Random;
  readonly #questions: Random;

  constructor(place: number, servers: readonly SimulatedServer[], around: Surroundings) {
    this.#servers = servers;
    this.#around = around;
    this.#random = new Random(mix(around.options.seed, 7, place));
    this.#later = new Random(mix(around.options.seed, 12, place));
    this.#questions = new Random(mix(around.options.seed, 32, place));
    this.#past = new Random(mix(around.options.seed, 24, place));
  }

  #readObjects(server: SimulatedServer): void {
    const { oracle, marks } = this.#around;
    const from = 1 + this.#later.below(oracle.lastAckedSeq + 2);
    server.door.readJournal(from, 1 + this.#later.below(20), entries => {
      marks.note('objects read', entries.length);
      oracle.chronicle.judgeObjects(from, entries);
    });
  }

  #readPast(server: SimulatedServer): void {
    const { oracle, marks } = this.#around;
    const key = anyKey(this.#past);
    // One more than there are, now and then.
    const revision = 1 + this.#past.below(revisionIn(oracle.chronicle.newest) + 1);
    const found = server.door.lookBack(key, revision);
    if (found === undefined) return;
    marks.note(
      found.refused === undefined ? 'read of the past' : `read of a ${found.refused} past`,
    );
    oracle.chronicle.judgePast(found);
  }

  /** Any query of any machine, at any server; some want to see what another one has shown. */
  #ask(server: SimulatedServer): void {
    const { oracle, marks, options } = this.#around;
    const { chronicle, committedCount } = oracle;
    const { ttlMs } = options.workload;
    const known = { holder: 'reader', value: 'v', ttlMs, draft: chronicle.newest };
    const { name, query } = randomQuestion(this.#questions, known);
    const minIndex = this.#questions.chance(0.3) ? this.#questions.below(committedCount + 1) : 0;
    const consistency = this.#questions.pick(['lease', 'quorum', 'local', 'bounded'] as const);
    const maxStalenessMs = 2 * options.timings.electionTimeoutMs;
    const by = server.lifeName;
    const shownBefore = chronicle.shownBy(by);
    server.door.ask({ name, query, demand: { consistency, maxStalenessMs, minIndex } }, told => {
      if (told === undefined) return;
      marks.note(`query ${name}`);
      chronicle.judgeAnswer(name, query, { ...told, by }, Math.max(minIndex, shownBefore));
    });
  }

  #demand(): ReadDemand {
    const { workload, timings } = this.#around.options;
    if (workload.hasWeakReads && this.#later.chance(0.5)) {
      if (this.#later.chance(0.3)) return { consistency: 'local', maxStalenessMs: 0 };
      const maxStalenessMs = this.#later.between(0, 3) * timings.electionTimeoutMs;
      return { consistency: 'bounded', maxStalenessMs };
    }
    return { consistency: this.#random.chance(0.5) ? 'quorum' : 'lease', maxStalenessMs: 0 };
  }

  start(): void {
    const { queue, oracle, options, marks } = this.#around;
    const pauseMs = this.#random.next() * options.timings.heartbeatIntervalMs * 0.5;
    queue.push(this.#around.now() + pauseMs, () => {
      const server = this.#servers[this.#random.below(this.#servers.length)];
      const ackedBefore = oracle.lastAckedSeq;
      const key = anyKey(this.#random);
      const calledAt = oracle.keys.now();
      const beganAtMs = this.#around.now();
      const demand = this.#demand();
      const judge = ({ lastSeq, value }: Found): void => {
        oracle.read(lastSeq, ackedBefore);
        // A hundred reads that end together are more than the judge of histories can order (157).
        const tookMs = this.#around.now() - beganAtMs;
        if (tookMs <= options.timings.electionTimeoutMs) oracle.keys.read(key, calledAt, value);
      };
      if (server !== undefined && this.#later.chance(0.05)) this.#readObjects(server);
      if (server !== undefined && this.#past.chance(0.1)) this.#readPast(server);
      if (server !== undefined && this.#questions.chance(0.2)) this.#ask(server);
      const shownBefore = oracle.chronicle.shownBy(server?.lifeName ?? '');
      server?.door.read(demand, key, found => {
        if (found === undefined) return;
        const { consistency } = found.warrant;
        marks.note(`${consistency === 'quorum' ? 'linearizable' : consistency} read`);
        oracle.chronicle.judgeRead(found, shownBefore);
        if (consistency === 'bounded') {
          oracle.chronicle.judgeAge(found, found.warrant, demand, found.answeredAtMs);
        }
        if (consistency !== 'bounded' && consistency !== 'local') judge(found);
      });
      this.start();
    });
  }
}
