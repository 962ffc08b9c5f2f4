import type { Archive } from '../host/surroundings.ts';
import type { ArchivedBatch } from '../storage/archive-file.ts';

/** The archive's contract in memory: what was added whole is kept, for ever. */
export class SimulatedArchive implements Archive {
  #batches: readonly ArchivedBatch[] = [];
  #throughIndex = 0;

  get firstSeq(): number | undefined {
    return this.#batches[0]?.firstSeq;
  }

  get lastSeq(): number {
    const last = this.#batches.at(-1);
    return last === undefined ? 0 : last.firstSeq + last.count - 1;
  }

  get throughIndex(): number {
    return this.#throughIndex;
  }

  async add(batches: AsyncIterable<ArchivedBatch>, throughIndex: number): Promise<void> {
    const added: ArchivedBatch[] = [];
    for await (const batch of batches) added.push(batch);
    this.#keep(added, throughIndex);
  }

  drop(): Promise<void> {
    return Promise.resolve();
  }

  /** Nothing is ever dropped. */
  hold(): () => void {
    return () => undefined;
  }

  async *read(from: number): AsyncGenerator<ArchivedBatch> {
    for (const batch of this.#batches) if (batch.firstSeq + batch.count > from) yield batch;
  }

  /** As it stands now; what is added later is not in it. */
  copy(): SimulatedArchive {
    const copy = new SimulatedArchive();
    copy.#keep(this.#batches, this.#throughIndex);
    return copy;
  }

  /** Takes over from another server what it has beyond ours, up to an entry of the log. */
  takeOver(other: SimulatedArchive, throughIndex: number): void {
    const isNews = ({ index, firstSeq }: ArchivedBatch): boolean =>
      firstSeq > this.lastSeq && index <= throughIndex;
    this.#keep(other.#batches.filter(isNews), throughIndex);
  }

  #keep(added: readonly ArchivedBatch[], throughIndex: number): void {
    if (throughIndex <= this.#throughIndex) return;
    this.#batches = [...this.#batches, ...added];
    this.#throughIndex = throughIndex;
  }
}
