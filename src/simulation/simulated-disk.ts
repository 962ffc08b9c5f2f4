import { noPosition } from '../consensus/position.ts';
import { createReplica, type Replica } from '../consensus/replica.ts';
import type {
  ClusterId,
  Config,
  DirectoryId,
  MonotonicMs,
  NodeId,
  Position,
  Remembered,
  Term,
} from '../consensus/types.ts';
import { createReplicatedState, type ReplicatedState } from '../state-machines/replicated-state.ts';
import { StateBuilder, type StateRecord } from '../state-machines/state-capture.ts';
import type { RecoveredLog } from '../storage/log-store.ts';
import { emptyLog, type LogContent, recoveredFrom } from '../storage/memory-store.ts';
import type { SimulationOptions } from './options.ts';
import type { Random } from './random.ts';

export type SimulatedSnapshot = {
  readonly position: Position;
  readonly records: readonly string[];
};

const nothingRemembered: Remembered = { leaseOwedMs: 0, isDeparted: false, isRecovering: false };

const contains = ({ base, entries }: LogContent, { term, index }: Position): boolean =>
  (entries[index - 1 - base.index]?.term ?? (index === base.index ? base.term : 0)) === term;

/** What a server finds again after a crash, and how long its writes take. */
export class SimulatedDisk {
  directoryId: DirectoryId;
  incarnation = 0;
  term = 0 as Term;
  vote: NodeId | undefined = undefined;
  config: Config | undefined = undefined;
  remembered: Remembered = nothingRemembered;
  log: LogContent = emptyLog;
  /** Multiplies the time that writes take. */
  slowness = 1;
  wipeCount = 0;
  readonly #owner: NodeId;
  readonly #timing: SimulationOptions['disk'];
  readonly #random: Random;
  #busyUntilMs = 0;
  #snapshot: SimulatedSnapshot | undefined;

  constructor(owner: NodeId, timing: SimulationOptions['disk'], random: Random) {
    this.#owner = owner;
    this.#timing = timing;
    this.#random = random;
    this.directoryId = `${owner}-0` as DirectoryId;
  }

  /** When a write that starts now is done: writes finish in their order. */
  finishesAt(nowMs: number): number {
    const { latencyMs, jitterMs } = this.#timing;
    const takesMs = (latencyMs + this.#random.next() * jitterMs) * this.slowness;
    this.#busyUntilMs = Math.max(nowMs + takesMs, this.#busyUntilMs);
    return this.#busyUntilMs;
  }

  get snapshot(): SimulatedSnapshot | undefined {
    return this.#snapshot;
  }

  /** A snapshot that came from elsewhere may be ahead of the log, which then begins behind it. */
  recover(): LogContent {
    const { position } = this.#snapshot ?? {};
    if (position !== undefined && !contains(this.log, position)) {
      this.log = { base: position, entries: [] };
    }
    return this.log;
  }

  holdsDurably(log: LogContent, position: Position): boolean {
    return position.index <= (this.#snapshot?.position.index ?? 0) || contains(log, position);
  }

  /** The state that the newest snapshot holds, or an empty one. */
  load(): ReplicatedState {
    if (this.#snapshot === undefined) return createReplicatedState();
    const builder = new StateBuilder();
    for (const text of this.#snapshot.records) builder.add(JSON.parse(text) as StateRecord);
    return builder.finish();
  }

  /** A snapshot is whole: it takes the place of the one before. */
  save(position: Position, records: Iterable<StateRecord>): void {
    this.keep({ position, records: Array.from(records, record => JSON.stringify(record)) });
  }

  /** An older one never takes the place of a newer one. */
  keep(snapshot: SimulatedSnapshot): void {
    if (snapshot.position.index > (this.#snapshot?.position.index ?? 0)) this.#snapshot = snapshot;
  }

  /** The server as it stands after a start from this disk. */
  boot(
    listedServers: readonly NodeId[],
    { timings, limits }: SimulationOptions,
    seed: number,
    now: MonotonicMs,
  ): Replica {
    const { directoryId, incarnation, term, vote, config, remembered } = this;
    return createReplica({
      identity: {
        clusterName: 'simulated',
        proposedClusterId: `cluster-of-${directoryId}-${incarnation}` as ClusterId,
        id: this.#owner,
        directoryId,
        incarnation,
        listedServers: listedServers.map(id => ({ id, address: `${id}:1` })),
        membersHash: listedServers.join(),
      },
      persistent: {
        term,
        vote,
        config,
        remembered,
        applied: this.#snapshot?.position ?? noPosition,
        log: this.#recovered(),
      },
      timings,
      limits,
      seed,
      now,
    });
  }

  /** As the real log says it: of what lies before the first entry, only the snapshot knows. */
  #recovered(): RecoveredLog {
    const recovered = recoveredFrom(this.log);
    const [first] = this.log.entries;
    const isCut = recovered.base.index > 0 && first !== undefined;
    if (!isCut || first.index > (this.#snapshot?.position.index ?? 0)) return recovered;
    return { ...recovered, base: { term: first.term, index: first.index } };
  }

  /** The data directory is replaced by an empty one. */
  wipe(): void {
    this.wipeCount += 1;
    this.directoryId = `${this.#owner}-${this.wipeCount}` as DirectoryId;
    this.incarnation = 0;
    this.term = 0 as Term;
    this.vote = undefined;
    this.config = undefined;
    this.remembered = nothingRemembered;
    this.log = emptyLog;
    this.#snapshot = undefined;
  }
}
