import type { NodeId, Position } from '../consensus/types.ts';
import type { FetchedState, SavedState, SnapshotStore } from '../host/surroundings.ts';
import type { Random } from './random.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { type Life, never, type Surroundings } from './surroundings.ts';

export type SimulatedSnapshotsOptions = {
  readonly id: NodeId;
  readonly disk: SimulatedDisk;
  readonly random: Random;
  readonly around: Surroundings;
  readonly commandLevel: number;
};

/** Snapshots of one life: kept on the simulated disk, and fetched from those of the others. */
export class SimulatedSnapshots implements SnapshotStore {
  readonly #life: Life;
  readonly #options: SimulatedSnapshotsOptions;

  constructor(life: Life, options: SimulatedSnapshotsOptions) {
    this.#life = life;
    this.#options = options;
  }

  /** Taken hold of now, written over a while in which the state moves on. */
  save(
    position: Position,
    records: Iterable<Uint8Array>,
    isStopped: () => boolean,
  ): Promise<SavedState | undefined> {
    const { disk, random } = this.#options;
    if (this.#life.isOver) return never;
    return this.#life.resolveAfter(random.between(0, 20), () => {
      if (isStopped()) return undefined;
      disk.save(position, records);
      // Else a snapshot that is larger than the log would put off the next one.
      return { sizeBytes: 0 };
    });
  }

  /** The source may be gone, or have a newer snapshot, before all of it is here. */
  fetch(source: NodeId): Promise<FetchedState | undefined> {
    const { id, disk, random, around, commandLevel } = this.#options;
    const { network, options, marks } = around;
    if (this.#life.isOver) return never;
    const begun = around.served(source)?.snapshot;
    return this.#life.resolveAfter(random.next() * options.timings.electionTimeoutMs, () => {
      const isCut = network.isCut(source, id) || network.isCut(id, source);
      const served = isCut ? undefined : around.served(source);
      if (begun !== served?.snapshot) marks.note('the source of a snapshot changed on the way');
      const { snapshot, archive } = served ?? {};
      // What was posted up to there is sent behind the snapshot, from archive and log.
      const isWhole = (archive?.throughIndex ?? 0) >= (snapshot?.position.index ?? 0);
      if (snapshot === undefined || archive === undefined || !isWhole) {
        marks.note('snapshot not fetched');
        return undefined;
      }
      marks.note('snapshot fetched');
      disk.archive.takeOver(archive, snapshot.position.index);
      disk.keep(snapshot);
      return { position: snapshot.position, state: disk.load(commandLevel) };
    });
  }
}
