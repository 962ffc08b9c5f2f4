import type { Entry, Event, LogIndex, NodeId, Position } from '../consensus/types.ts';
import { applyEntry, type ReplicatedState } from '../state-machines/replicated-state.ts';
import { captureState } from '../state-machines/state-capture.ts';
import type { MemoryStore } from '../storage/memory-store.ts';
import { SimulationFailure } from './failure.ts';
import type { Random } from './random.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import type { SimulatedRequests } from './simulated-requests.ts';
import type { Surroundings } from './simulated-server.ts';

/** The process in which a machine lives. */
export type MachineHost = {
  readonly id: NodeId;
  readonly disk: SimulatedDisk;
  readonly store: MemoryStore;
  readonly requests: SimulatedRequests;
  readonly random: Random;
  readonly around: Surroundings;
  /** Runs after a while, if the process still lives; later, if it is paused then. */
  after(delayMs: number, run: () => void): void;
  hear(event: Event): void;
};

/** The state of one server: entries make it, snapshots keep it, those of others replace it. */
export class SimulatedMachine {
  readonly #host: MachineHost;
  #state: ReplicatedState;

  constructor(host: MachineHost) {
    this.#host = host;
    this.#state = host.disk.load();
  }

  get state(): ReplicatedState {
    return this.#state;
  }

  applyUpTo(upTo: LogIndex): void {
    const { random, requests, hear, after } = this.#host;
    after(random.next(), () => {
      if (upTo <= this.#state.appliedIndex) return;
      for (let index = this.#state.appliedIndex + 1; index <= upTo; index += 1) this.#apply(index);
      requests.answerReads(this.#state);
      hear({ type: 'applied', index: upTo });
    });
  }

  /** The source may be gone, or have a newer snapshot, before all of it is here. */
  fetch(source: NodeId): void {
    const { id, disk, random, around, hear, after } = this.#host;
    const { network, options, marks, server } = around;
    const begun = server(source)?.snapshot;
    after(random.next() * options.timings.electionTimeoutMs, () => {
      const isCut = network.isCut(source, id) || network.isCut(id, source);
      const snapshot = isCut ? undefined : server(source)?.snapshot;
      if (begun !== snapshot) marks.note('the source of a snapshot changed on the way');
      marks.note(snapshot === undefined ? 'snapshot not fetched' : 'snapshot fetched');
      if (snapshot !== undefined) disk.keep(snapshot);
      hear({ type: 'snapshotFetched', position: snapshot?.position });
    });
  }

  /** The state of the snapshot that was fetched takes the place of ours. */
  load({ index }: Position): void {
    const { disk, requests, hear, after } = this.#host;
    this.#state = disk.load();
    requests.answerReads(this.#state);
    after(0, () => hear({ type: 'applied', index }));
  }

  #apply(index: number): void {
    const { id, store, requests, around } = this.#host;
    const entry = store.entryAt(index);
    if (entry === undefined) throw new SimulationFailure(`${id} cannot read ${index}`);
    const outcome = applyEntry(this.#state, entry);
    around.oracle.applied(id, index, outcome);
    requests.applied(entry, outcome);
    const { snapshotInterval } = around.options;
    if (snapshotInterval > 0 && index % snapshotInterval === 0) this.#takeSnapshot(entry);
  }

  /** Taken hold of now, written over a while in which the state moves on. */
  #takeSnapshot({ term, index }: Entry): void {
    const { disk, random, around, after } = this.#host;
    const records = captureState(this.#state);
    after(random.between(0, 20), () => {
      disk.save({ term, index }, records);
      around.marks.note('snapshot saved');
      this.#compact();
    });
  }

  /** Cuts off what the snapshot holds, but for a rest that slow pullers may still want. */
  #compact(): void {
    const { disk, store, around, hear } = this.#host;
    const { compactionKeeps } = around.options;
    if (compactionKeeps === undefined || disk.snapshot === undefined) return;
    const baseIndex = (disk.snapshot.position.index - compactionKeeps) as LogIndex;
    const { base, entries } = store.durable;
    const isThere = baseIndex > base.index && baseIndex <= base.index + entries.length;
    if (!isThere || baseIndex < store.firstIndex) return;
    store.compact(baseIndex);
    around.marks.note('log cut');
    hear({ type: 'compacted', baseIndex });
  }
}
