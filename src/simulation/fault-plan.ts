import { addedKinds, type FaultKind, type SimulationOptions } from './options.ts';
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
  const { stormMs, faultIntervalMs, faultKinds } = options;
  const kinds = faultKinds.filter(kind => !addedKinds.includes(kind));
  const plan: Fault[] = [];
  let atMs = options.timings.electionTimeoutMs * random.between(0, 3);
  while (atMs < stormMs && kinds.length > 0) {
    plan.push(faultOf(kinds, options, random, atMs));
    atMs += random.between(0.2, 1.8) * faultIntervalMs;
  }
  const added = addedKinds.filter(kind => faultKinds.includes(kind));
  return [...plan, ...added.flatMap(kind => triesOf(kind, options))].sort(
    (a, b) => a.atMs - b.atMs,
  );
}

/** Tried several times, since it must find a cluster that is whole; the others stay as they are. */
function triesOf(kind: FaultKind, options: SimulationOptions): Fault[] {
  const random = new Random(mix(options.seed, 21 + addedKinds.indexOf(kind)));
  return [0.3, 0.45, 0.6, 0.75].map(part =>
    faultOf([kind], options, random, options.stormMs * (part + 0.1 * random.next())),
  );
}

function faultOf(
  kinds: readonly FaultKind[],
  { serverCount, spareCount, outageTimeouts, timings }: SimulationOptions,
  random: Random,
  atMs: number,
): Fault {
  const count = serverCount + spareCount;
  const server = random.below(count);
  const [first = 'kill', ...rest] = kinds;
  return {
    atMs,
    kind: random.pick([first, ...rest]),
    server,
    other: (server + 1 + random.below(count - 1)) % count,
    durationMs: random.between(0.1, 2) * outageTimeouts * timings.electionTimeoutMs,
    chance: random.next(),
  };
}
