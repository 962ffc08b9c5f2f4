import type { FaultKind, SimulationOptions } from './options.ts';
import { mix, Random } from './random.ts';

/** One misfortune: `chance` decides whatever else it needs to know, by itself. */
export type Fault = {
  readonly atMs: number;
  readonly kind: FaultKind;
  /** A place in the list of servers; `other` is another one. */
  readonly server: number;
  readonly other: number;
  readonly durationMs: number;
  readonly chance: number;
};

/** The misfortunes of a seed, in order. Any part of a plan is a plan: so a failing one shrinks. */
export function planFor(options: SimulationOptions): Fault[] {
  const random = new Random(mix(options.seed, 2));
  const [first, ...rest] = options.faultKinds;
  if (first === undefined) return [];
  const { stormMs } = options;
  const serverCount = options.serverCount + options.spareCount;
  const meanMs = options.outageTimeouts * options.timings.electionTimeoutMs;
  const plan: Fault[] = [];
  let atMs = options.timings.electionTimeoutMs * random.between(0, 3);
  while (atMs < stormMs) {
    const server = random.below(serverCount);
    plan.push({
      atMs,
      kind: random.pick([first, ...rest]),
      server,
      other: (server + 1 + random.below(serverCount - 1)) % serverCount,
      durationMs: random.between(0.1, 2) * meanMs,
      chance: random.next(),
    });
    atMs += random.between(0.2, 1.8) * options.faultIntervalMs;
  }
  return plan;
}
