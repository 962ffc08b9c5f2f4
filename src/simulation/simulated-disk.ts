import { nextIncarnation } from '../consensus/incarnation.ts';
import { noPosition } from '../consensus/position.ts';
import { createReplica, nothingRemembered } from '../consensus/protocol.ts';
import type { Replica } from '../consensus/replica.ts';
import type {
  ClusterId,
  Config,
  DirectoryId,
  KnownBoot,
  MonotonicMs,
  NodeId,
  Position,
  Term,
} from '../consensus/types.ts';
import {
  createReplicatedState,
  type ReplicatedState,
  stateLimits,
} from '../machines/frame/replicated-state.ts';
import { StateBuilder } from '../machines/frame/state-records.ts';
import type { DurableFacts, MetadataStore, RecoveredLog } from '../storage/log-store.ts';
import { emptyLog, type LogContent, recoveredFrom } from '../storage/memory-store.ts';
import type { SimulationOptions } from './options.ts';
import type { Random } from './random.ts';
import { SimulatedArchive } from './simulated-archive.ts';

export type SimulatedSnapshot = {
  readonly position: Position;
  readonly records: readonly Uint8Array[];
};

const contains = ({ base, entries }: LogContent, { term, index }: Position): boolean =>
  (entries[index - 1 - base.index]?.term ?? (index === base.index ? base.term : 0)) === term;

/** What others may get of a disk, as long as its server runs. */
export type DiskContent = {
  readonly snapshot: SimulatedSnapshot | undefined;
  readonly archive: SimulatedArchive;
};

/** All that a data directory holds. */
type DirectoryCopy = {
  readonly directoryId: DirectoryId;
  readonly incarnation: number;
  readonly facts: DurableFacts;
  readonly log: LogContent;
  readonly archive: SimulatedArchive;
  readonly snapshot: SimulatedSnapshot | undefined;
};
/** So many boots a copy may be old. */
const copiesMax = 2;

const noFacts: DurableFacts = {
  term: 0 as Term,
  vote: undefined,
  config: undefined,
  ...nothingRemembered,
};

/** What a server finds again after a crash, and how long its writes take. */
export class SimulatedDisk implements MetadataStore, DiskContent {
  directoryId: DirectoryId;
  incarnation = 0;
  log: LogContent = emptyLog;
  archive = new SimulatedArchive();
  /** Multiplies the time that writes take. */
  slowness = 1;
  wipeCount = 0;
  readonly #owner: NodeId;
  readonly #name: string;
  readonly #timing: SimulationOptions['disk'];
  readonly #random: Random;
  #busyUntilMs = 0;
  #snapshot: SimulatedSnapshot | undefined;
  #facts = noFacts;
  /** Made before each boot, the newest one first. */
  #copies: readonly DirectoryCopy[] = [];

  constructor(
    owner: NodeId,
    timing: SimulationOptions['disk'],
    random: Random,
    name: string = owner,
  ) {
    this.#owner = owner;
    this.#timing = timing;
    this.#random = random;
    this.directoryId = `${name}-0` as DirectoryId;
    this.#name = name;
  }

  get term(): Term {
    return this.#facts.term;
  }

  get vote(): NodeId | undefined {
    return this.#facts.vote;
  }

  get config(): Config | undefined {
    return this.#facts.config;
  }

  get leaseOwedMs(): number | undefined {
    return this.#facts.leaseOwedMs;
  }

  get isDeparted(): boolean {
    return this.#facts.isDeparted;
  }

  get isRecovering(): boolean {
    return this.#facts.isRecovering;
  }

  get knownBoots(): readonly KnownBoot[] {
    return this.#facts.knownBoots;
  }

  get isOutdated(): boolean {
    return this.#facts.isOutdated;
  }

  get committed(): Position | undefined {
    return this.#facts.committed;
  }

  get removedFrom(): Position | undefined {
    return this.#facts.removedFrom;
  }

  persistVote(term: Term, vote: NodeId | undefined): void {
    this.update({ term, vote });
  }

  persistConfig(config: Config): void {
    this.update({ config });
  }

  update(patch: Partial<DurableFacts>): void {
    this.#facts = { ...this.#facts, ...patch };
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

  /** Where a server that starts from this disk begins to apply. */
  get snapshotPosition(): Position {
    return this.#snapshot?.position ?? noPosition;
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

  /** The state that the newest snapshot holds, or an empty one, for a version of such a level. */
  load(knownLevel: number): ReplicatedState {
    const limits = { ...stateLimits, knownLevel };
    if (this.#snapshot === undefined) return createReplicatedState(limits);
    const builder = new StateBuilder(limits);
    for (const record of this.#snapshot.records) builder.add(record);
    return builder.finish();
  }

  /** A snapshot is whole: it takes the place of the one before. */
  save(position: Position, records: Iterable<Uint8Array>): void {
    this.keep({ position, records: Array.from(records, record => Uint8Array.from(record)) });
  }

  /** An older one never takes the place of a newer one. */
  keep(snapshot: SimulatedSnapshot): void {
    if (snapshot.position.index > (this.#snapshot?.position.index ?? 0)) this.#snapshot = snapshot;
  }

  /** The server as it stands after a start from this disk. */
  boot(
    listedServers: readonly NodeId[],
    { timings, limits }: SimulationOptions,
    { seed, now, commandLevel }: { seed: number; now: MonotonicMs; commandLevel: number },
  ): Replica {
    const { directoryId, incarnation } = this;
    const { term, vote, config, ...remembered } = this.#facts;
    return createReplica({
      identity: {
        clusterName: 'simulated',
        proposedClusterId: `cluster-of-${directoryId}-${incarnation}` as ClusterId,
        id: this.#owner,
        directoryId,
        incarnation,
        listedServers: listedServers.map(id => ({ id, address: `${id}:1` })),
        membersHash: listedServers.join(),
        commandLevel,
      },
      persistent: {
        term,
        vote,
        config,
        remembered,
        applied: this.snapshotPosition,
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

  /** Files are gone or damaged: as the real storage says it, what is left, and that it is less. */
  loseLog(chance: number): void {
    const { base, entries } = this.log;
    const { index } = this.snapshotPosition;
    // What is neither in the archive nor in the log would have to come from elsewhere.
    const needed = this.archive.throughIndex < index ? index - base.index : 0;
    const kept = chance < 0.3 ? 0 : Math.floor(this.#random.next() * entries.length);
    this.log = { base, entries: entries.slice(0, Math.max(needed, kept)) };
    this.update({ isRecovering: true });
  }

  /** The snapshot cannot be read: a log that was cut begins too late then, and is of no use. */
  loseSnapshot(): boolean {
    const isLost = this.#snapshot !== undefined;
    this.#snapshot = undefined;
    if (this.log.base.index > 0) {
      this.log = emptyLog;
      this.update({ isRecovering: true });
    }
    return isLost;
  }

  /** Somebody copies the directory before the server starts. */
  copy(): void {
    const { directoryId, incarnation, log } = this;
    const archive = this.archive.copy();
    const facts = this.#facts;
    const copy = { directoryId, incarnation, facts, log, archive, snapshot: this.#snapshot };
    this.#copies = [copy, ...this.#copies].slice(0, copiesMax);
  }

  /** Is there a copy of this very directory, so many boots old, with a cluster in it? */
  hasCopy(boots: number): boolean {
    const copy = this.#copies[boots - 1];
    return copy?.directoryId === this.directoryId && copy.facts.config !== undefined;
  }

  /** A start is counted before anything is said in it. */
  beginIncarnation(draw: number): void {
    this.incarnation = nextIncarnation(this.incarnation, draw);
  }

  putBack(boots: number): void {
    const copy = this.#copies[boots - 1];
    if (copy === undefined) return;
    const { facts, snapshot, archive, incarnation, log } = copy;
    Object.assign(this, { incarnation, log, archive: archive.copy() });
    this.#facts = facts;
    this.#snapshot = snapshot;
  }

  /** The data directory is replaced by an empty one. */
  wipe(): void {
    this.wipeCount += 1;
    this.directoryId = `${this.#name}-${this.wipeCount}` as DirectoryId;
    this.incarnation = 0;
    this.#facts = noFacts;
    this.log = emptyLog;
    this.archive = new SimulatedArchive();
    this.#snapshot = undefined;
  }
}
