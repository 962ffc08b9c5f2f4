import type { Surroundings } from './surroundings.ts';

/** Within this many election timeouts, somebody who knows has told a server of its older disk. */
const findingTimeouts = 20;

/**
 * Was the disk of a server put back from an older copy? Until it has heard so, it is a liar. Or can
 * its metadata not be read? Then it does not even start, and is given up in the same way.
 */
export class DiskAge {
  readonly #owner: string;
  readonly #around: Surroundings;
  #is: 'newest' | 'unknown' | 'found' | 'refused' = 'newest';

  constructor(owner: string, around: Surroundings) {
    this.#owner = owner;
    this.#around = around;
  }

  /** Of no use any more, known or not. */
  get isOlder(): boolean {
    return this.#is !== 'newest';
  }

  get isUnknown(): boolean {
    return this.#is === 'unknown';
  }

  /** The server has said so, and has stopped. */
  get isFound(): boolean {
    return this.#is === 'found' || this.#is === 'refused';
  }

  get isRefused(): boolean {
    return this.#is === 'refused';
  }

  refused(): void {
    this.#is = 'refused';
    this.#around.marks.note('damaged metadata were refused');
  }

  putBack(): void {
    this.#is = 'unknown';
  }

  wiped(): void {
    this.#is = 'newest';
  }

  /** Those who know what it has forgotten are there, so that it must stop; each time anew. */
  started(): void {
    if (!this.isOlder) return;
    this.#is = 'unknown';
    const { queue, now, options, fail } = this.#around;
    queue.push(now() + findingTimeouts * options.timings.electionTimeoutMs, () => {
      if (this.isUnknown) fail(`${this.#owner} goes on with an older copy of its disk`);
    });
  }

  halted(reason: string): void {
    const { marks, fail } = this.#around;
    if (!this.isOlder) {
      fail(`${this.#owner} halts: ${reason}`);
      return;
    }
    this.#is = 'found';
    marks.note('an older copy was found');
  }
}
