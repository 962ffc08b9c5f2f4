/** Counts of what was met: a simulator that never reaches a rare situation proves nothing of it. */
export class Marks {
  readonly #counts = new Map<string, number>();

  note(name: string, count = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  add(other: Marks): void {
    for (const [name, count] of other.#counts) this.note(name, count);
  }

  count(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  sorted(): readonly (readonly [string, number])[] {
    return [...this.#counts].sort(([, a], [, b]) => b - a);
  }
}
