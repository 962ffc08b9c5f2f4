import { demand } from './failure.ts';
import { checkHistory, type HistoryOperation, type KeyValue } from './linearizability.ts';

type Action = HistoryOperation['action'];
type Open = { readonly key: string; readonly calledAt: number; readonly action: Action };

/** All requests about keys in the order in which they began and were answered. */
export class KeyHistory {
  readonly #answered: HistoryOperation[] = [];
  readonly #open = new Set<Open>();
  #time = 0;

  get size(): number {
    return this.#answered.length;
  }

  /** A moment of its own: no two things happen at once. */
  now(): number {
    this.#time += 1;
    return this.#time;
  }

  /** A write is on its way: from now on it may happen. What it will see is open. */
  begin(key: string, action: Action): (done: Action) => void {
    const open = { key, calledAt: this.now(), action };
    this.#open.add(open);
    return done => {
      if (this.#open.delete(open)) this.#add({ ...open, action: done });
    };
  }

  /** A read that began at `calledAt` is answered. */
  read(key: string, calledAt: number, saw: KeyValue): void {
    this.#add({ key, calledAt, action: { type: 'read', saw } });
  }

  check(): void {
    const open = [...this.#open].map(item => ({ ...item, returnedAt: undefined }));
    const verdict = checkHistory([...this.#answered, ...open]);
    const about = 'key' in verdict ? ` (key ${verdict.key})` : '';
    demand(verdict.type === 'linearizable', `the history of the keys is ${verdict.type}${about}`);
  }

  #add(operation: Open): void {
    this.#answered.push({ ...operation, returnedAt: this.now() });
  }
}
