import type { Limits, NodeId, Timings } from '../consensus/types.ts';
import { stateLimits } from '../machines/frame/replicated-state.ts';
import { bytesPerUse } from '../machines/frame/use-table.ts';
import { usualLimits } from '../machines/keys/state.ts';
import { mix, Random } from './random.ts';

/** The kinds of misfortune; each is on in about half of the seeds. */
export const faultKinds = [
  'powerLoss',
  'kill',
  'crashBetweenEffects',
  'pause',
  'cutLink',
  'cutOneWay',
  'partition',
  'isolateLeader',
  'resetLink',
  'lossyLink',
  'slowLink',
  'slowDisk',
  'wipe',
  'transferLeadership',
  'changeSides',
  'changeMembers',
  'loseLog',
  'sleep',
  'setClock',
  'mixUp',
  'olderDisk',
  'loseSnapshot',
] as const;
export type FaultKind = (typeof faultKinds)[number];

const clockKinds: readonly FaultKind[] = ['sleep', 'setClock'];
/** Each in seeds of its own choice: so the others draw what they drew before. */
const drawnApart: readonly FaultKind[] = [
  ...(['changeMembers', 'loseLog', 'mixUp', 'olderDisk', 'loseSnapshot'] as const),
  ...clockKinds,
];

/** Rare ones that come a few times in a plan, on top of the others. */
export const addedKinds: readonly FaultKind[] = ['olderDisk', 'loseSnapshot'];

/** What clients do beside posting objects and writing keys. */
export type Workload = {
  /** Leases last so long, up to twice as long; 0: there are none. */
  readonly ttlMs: number;
  /** Readers take what any server has, of a bounded age or not. */
  readonly hasWeakReads: boolean;
  /** The same write under the same idempotency key, by two clients. */
  readonly hasIdempotencyKeys: boolean;
  /** What servers keep for them. */
  readonly idempotencyMaxBytes: number;
  /** So many revisions of keys are kept. */
  readonly historySetsMax: number;
  readonly watcherCount: number;
  /** Clients that keep leases alive. */
  readonly holderCount: number;
  /** Clients with so many commands on their way; 0: there are none. */
  readonly pipelineDepth: number;
};

/**
 * What one seed is made of. Each seed draws its own mixture (swarm testing, Groce et al. 2012): a
 * run with all faults at their mean rarely meets the situations that a one-sided run does.
 */
export type SimulationOptions = {
  readonly seed: number;
  /** Servers that found the cluster. */
  readonly serverCount: number;
  /** Servers that may be added to it. */
  readonly spareCount: number;
  readonly timings: Timings;
  readonly limits: Limits;
  readonly faultKinds: readonly FaultKind[];
  readonly faultIntervalMs: number;
  /** Faults last this long on average, in election timeouts. */
  readonly outageTimeouts: number;
  /** How long misfortune reigns, before the liveness phase. */
  readonly stormMs: number;
  readonly network: {
    readonly delayMs: number;
    readonly jitterMs: number;
    readonly loss: number;
    readonly duplication: number;
    /** Messages of a stream arrive in their order; else one overtakes others now and then. */
    readonly isOrdered: boolean;
  };
  readonly disk: { readonly latencyMs: number; readonly jitterMs: number };
  /** A server saves its state every this many entries; 0: never. */
  readonly snapshotInterval: number;
  /** The log is cut this many entries behind the newest snapshot; undefined: never. */
  readonly compactionKeeps: number | undefined;
  /** Rates of the servers' clocks differ by up to this much. */
  readonly clockDrift: number;
  /** Each boot of a server may find another lease in its file: a change from one to the next. */
  readonly hasUnequalLeases: boolean;
  /** Another cluster of equal names, with which addresses are mixed up. */
  readonly neighbour: 'none' | 'alive' | 'dead';
  readonly workload: Workload;
  /** When each server is started in a version that understands newer commands; none: never. */
  readonly upgradesAtMs: readonly number[];
  readonly clients: {
    readonly count: number;
    readonly pauseMs: number;
    readonly timeoutMs: number;
    readonly batchMax: number;
    /** Clients that only read, from any server, all the time. */
    readonly readerCount: number;
  };
};

/** What the file of a server says at one of its boots. */
export function settingsAt(
  options: SimulationOptions,
  id: NodeId,
  life: number,
): SimulationOptions {
  if (!options.hasUnequalLeases) return options;
  const random = new Random(mix(options.seed, 9, Number(id.slice(1)), life));
  const leaseMs = options.timings.leaseMs * random.pick([0.5, 1, 2, 4] as const);
  return { ...options, timings: { ...options.timings, leaseMs } };
}

/** Whether a seed is one of those that are made to catch an old leader that answers alone. */
export const isAimedAtLeases = (seed: number): boolean =>
  optionsFor(seed).faultKinds[0] === 'changeSides';

export function optionsFor(seed: number): SimulationOptions {
  // What came later draws from a stream of its own: the seeds stay what they were.
  const later = new Random(mix(seed, 8));
  const options = plainOptions(seed, later);
  const plain = later.chance(0.3) ? aimedAtLeases(options, later) : options;
  const changing = later.chance(0.35) ? withChangingMembers(plain, later) : plain;
  const compactionKeeps = later.pick([undefined, 0, 0, 10] as const);
  const clocks = new Random(mix(seed, 17));
  const kinds = [...changing.faultKinds, ...clockKinds.filter(() => clocks.chance(0.25))];
  const drawn = { ...changing, faultKinds: kinds, compactionKeeps };
  // The servers are told how far their clocks may be apart, and it is true.
  const timings = { ...drawn.timings, clockDriftMax: drawn.clockDrift };
  return withUpgrades(
    withLittleRoom(
      withLostSnapshots(withOlderDisk(withNeighbour(withDamage({ ...drawn, timings })))),
    ),
  );
}

/** The order of the draws is part of every seed. */
function plainOptions(seed: number, later: Random): SimulationOptions {
  const random = new Random(mix(seed, 1));
  const electionTimeoutMs = random.pick([150, 300, 1000] as const);
  const delayMs = random.pick([0.1, 1, 5, electionTimeoutMs / 12] as const);
  return {
    seed,
    serverCount: random.pick([3, 3, 3, 4, 5, 5, 7] as const),
    spareCount: 0,
    timings: {
      electionTimeoutMs,
      heartbeatIntervalMs: electionTimeoutMs / random.pick([5, 10] as const),
      leaseMs: electionTimeoutMs * later.pick([0, 0.5, 1, 1, 2] as const),
      clockDriftMax: 0,
    },
    limits: {
      batchMaxBytes: random.pick([150, 600, 64_000] as const),
      pullWindowBytes: random.pick([300, 2400, 256_000] as const),
      tailMaxBytes: random.pick([500, 4000, 1_000_000] as const),
      uncommittedMaxBytes: random.pick([2000, 1_000_000] as const),
      depthMax: random.pick([1, 2, 3, 7] as const),
    },
    faultKinds: faultKinds
      .filter(kind => !drawnApart.includes(kind))
      .filter(kind => random.chance(kind === 'wipe' ? 0.1 : 0.5)),
    faultIntervalMs: electionTimeoutMs * random.pick([0.3, 1, 3] as const),
    outageTimeouts: random.pick([0.3, 1, 3] as const),
    stormMs: electionTimeoutMs * random.pick([8, 15, 25] as const),
    network: {
      delayMs,
      jitterMs: Math.min(delayMs * random.pick([0, 1, 4] as const), electionTimeoutMs / 10),
      loss: random.pick([0, 0, 0.01, 0.1, 0.2] as const),
      duplication: random.pick([0, 0, 0.05, 0.5] as const),
      isOrdered: random.chance(0.5),
    },
    disk: {
      latencyMs: random.pick([0, 0.5, 5, electionTimeoutMs / 10] as const),
      jitterMs: random.pick([0, 2, electionTimeoutMs / 10] as const),
    },
    snapshotInterval: later.pick([0, 7, 50] as const),
    compactionKeeps: undefined,
    clockDrift: random.pick([0, 0.01, 0.1] as const),
    workload: workloadFor(seed, electionTimeoutMs),
    upgradesAtMs: [],
    hasUnequalLeases: new Random(mix(seed, 9)).chance(0.3),
    neighbour: 'none',
    clients: {
      count: random.pick([1, 2, 4] as const),
      pauseMs: electionTimeoutMs * random.pick([0.02, 0.1, 0.5] as const),
      timeoutMs: electionTimeoutMs * random.pick([0.5, 2, 5] as const),
      batchMax: random.pick([1, 3] as const),
      readerCount: random.pick([0, 0, 1, 2] as const),
    },
  };
}

function workloadFor(seed: number, electionTimeoutMs: number): Workload {
  const random = new Random(mix(seed, 11));
  return {
    ttlMs: Math.round(electionTimeoutMs * random.pick([0, 0, 0.3, 1, 3] as const)),
    hasWeakReads: random.chance(0.5),
    hasIdempotencyKeys: random.chance(0.3),
    idempotencyMaxBytes: stateLimits.idempotency.maxBytes,
    watcherCount: random.pick([0, 0, 1, 2] as const),
    pipelineDepth: random.pick([0, 0, 0, 3, 10] as const),
    holderCount: random.pick([0, 1, 2] as const),
    historySetsMax: random.pick([usualLimits.setsMax, 30, 100] as const),
  };
}

/** Disks lose a part of their logs: where no member comes or goes, or a majority might be lost. */
function withDamage(options: SimulationOptions): SimulationOptions {
  const isDamaged = options.spareCount === 0 && new Random(mix(options.seed, 18)).chance(0.25);
  return isDamaged ? { ...options, faultKinds: [...options.faultKinds, 'loseLog'] } : options;
}

/** A data directory is put back from an older copy, once; its server is replaced then. */
function withOlderDisk(options: SimulationOptions): SimulationOptions {
  const { spareCount, neighbour, serverCount, faultKinds: kinds } = options;
  const isApart = spareCount > 0 || neighbour !== 'none' || serverCount < 3;
  // A stream that leaves the seeds alone which have once shown a bug.
  const isChosen = new Random(mix(options.seed, 75)).chance(0.12);
  if (isApart || kinds.includes('wipe') || !isChosen) return options;
  return { ...options, faultKinds: [...kinds, 'olderDisk'] };
}

/** Server by server, a newer version takes the place of the older one. */
function withUpgrades(options: SimulationOptions): SimulationOptions {
  const random = new Random(mix(options.seed, 34));
  const { serverCount, spareCount, stormMs, neighbour } = options;
  if (neighbour !== 'none' || !random.chance(0.2)) return options;
  const length = serverCount + spareCount;
  const upgradesAtMs = Array.from({ length }, () => stormMs * random.between(0, 0.9));
  return { ...options, upgradesAtMs };
}

/** There is room for a handful of idempotency keys. */
function withLittleRoom(options: SimulationOptions): SimulationOptions {
  const isChosen = new Random(mix(options.seed, 23)).chance(0.2);
  if (!options.workload.hasIdempotencyKeys || !isChosen) return options;
  return { ...options, workload: { ...options.workload, idempotencyMaxBytes: 5 * bytesPerUse } };
}

/** The snapshot of a server cannot be read at its next start. */
function withLostSnapshots(options: SimulationOptions): SimulationOptions {
  const { spareCount, snapshotInterval, faultKinds: kinds } = options;
  const isChosen = new Random(mix(options.seed, 154)).chance(0.15);
  if (spareCount > 0 || snapshotInterval === 0 || !isChosen) return options;
  return { ...options, faultKinds: [...kinds, 'loseSnapshot'] };
}

/** There is another cluster of equal names; it and its namesake stay as they are. */
function withNeighbour(options: SimulationOptions): SimulationOptions {
  const random = new Random(mix(options.seed, 19));
  if (options.spareCount > 0 || !random.chance(0.15)) return options;
  const neighbour = random.pick(['alive', 'dead'] as const);
  return { ...options, neighbour, faultKinds: [...options.faultKinds, 'mixUp'] };
}

/** Servers are added, removed, replaced and moved while all the rest goes wrong. */
function withChangingMembers(options: SimulationOptions, random: Random): SimulationOptions {
  const kinds = options.faultKinds.filter(kind => kind !== 'wipe');
  const often = kinds.slice(0, random.between(1, 4)).map(() => 'changeMembers' as const);
  const changing: SimulationOptions = {
    ...options,
    serverCount: random.pick([1, 2, 3, 3, 3, 4, 5] as const),
    spareCount: random.pick([1, 2, 3] as const),
    faultKinds: [...kinds, 'changeMembers', ...often],
  };
  return random.chance(0.6) ? aimedAtMembers(changing, random) : changing;
}

/** What it takes to catch two leaders that change the members apart from each other. */
function aimedAtMembers(options: SimulationOptions, random: Random): SimulationOptions {
  const { electionTimeoutMs } = options.timings;
  const kinds = [
    'isolateLeader',
    'partition',
    'cutLink',
    'cutOneWay',
    'transferLeadership',
    'kill',
  ] as const;
  const delayMs = random.pick([1, electionTimeoutMs / 12] as const);
  return {
    ...options,
    serverCount: random.pick([2, 3, 3, 4, 5] as const),
    timings: { ...options.timings, leaseMs: 0 },
    faultKinds: [
      ...(['changeMembers', 'changeMembers', 'isolateLeader'] as const),
      ...kinds.filter(() => random.chance(0.4)),
    ],
    faultIntervalMs: electionTimeoutMs * random.pick([0.2, 0.5] as const),
    outageTimeouts: random.pick([1, 3, 6] as const),
    stormMs: electionTimeoutMs * 25,
    network: { ...options.network, delayMs, jitterMs: delayMs, loss: 0 },
    disk: { latencyMs: 0.5, jitterMs: 0 },
    clients: {
      ...options.clients,
      count: 2,
      pauseMs: electionTimeoutMs * 0.3,
      timeoutMs: electionTimeoutMs * 0.5,
      readerCount: 0,
    },
  };
}

/**
 * What it takes to catch an old leader that answers alone while a new one commits: leases longer
 * than elections, impatient writers, readers everywhere, and voters that come back at once.
 */
function aimedAtLeases(options: SimulationOptions, random: Random): SimulationOptions {
  const { electionTimeoutMs } = options.timings;
  const kinds = [
    'kill',
    'isolateLeader',
    'cutLink',
    'cutOneWay',
    'transferLeadership',
    'pause',
  ] as const;
  const delayMs = random.pick([1, 1, electionTimeoutMs / 12] as const);
  return {
    ...options,
    serverCount: random.pick([3, 3, 5] as const),
    timings: { ...options.timings, leaseMs: electionTimeoutMs * random.pick([1, 2, 2] as const) },
    faultKinds: ['changeSides', ...kinds.filter(() => random.chance(0.4))],
    faultIntervalMs: electionTimeoutMs * random.pick([0.3, 1] as const),
    outageTimeouts: random.pick([0.1, 1, 3] as const),
    network: { ...options.network, delayMs, jitterMs: delayMs, loss: 0 },
    disk: { latencyMs: 0.5, jitterMs: 0 },
    clockDrift: random.pick([0, 0.1, 0.1] as const),
    clients: {
      ...options.clients,
      count: 4,
      pauseMs: electionTimeoutMs * 0.02,
      timeoutMs: electionTimeoutMs * 0.2,
      readerCount: 3,
    },
  };
}
