import {
  type Branch,
  childPlace,
  leafOf,
  lowerBound,
  lowered,
  type Node,
  rankOf,
  rootOf,
} from './tree.ts';
import { type Entry, fullLeaves, insertAll, removeAll, removeRange } from './tree-bulk.ts';
import { type Difference, differencesOf } from './tree-difference.ts';
import { Halves, insert, remove } from './tree-steps.ts';
import { leavesBefore, leavesFrom } from './tree-walk.ts';

/**
 * A sorted map whose versions share their parts: a B+ tree in which a change copies the nodes on
 * its path (Driscoll et al. 1989). Every version stays as it is for whoever holds it: the past can
 * be read, and a snapshot is written in peace while the newest version moves on.
 */
export class PersistentMap<Value extends object> {
  readonly #root: Node<Value>;

  private constructor(root: Node<Value>) {
    this.#root = root;
  }

  static empty<Value extends object>(): PersistentMap<Value> {
    return new PersistentMap<Value>(leafOf([], []));
  }

  /** From entries in ascending order of their keys, faster than one by one. */
  static fromSorted<Value extends object>(entries: Iterable<Entry<Value>>): PersistentMap<Value> {
    return new PersistentMap(rootOf(fullLeaves(entries)));
  }

  get size(): number {
    return this.#root.size;
  }

  get(key: string): Value | undefined {
    let node = this.#root;
    while (node.children !== undefined) {
      const child: Node<Value> | undefined = node.children[childPlace(node, key)];
      if (child === undefined) return undefined;
      node = child;
    }
    const place = lowerBound(node.keys, key);
    return node.keys[place] === key ? node.values[place] : undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  with(key: string, value: Value): PersistentMap<Value> {
    const made = insert(this.#root, key, value);
    if (!(made instanceof Halves)) return new PersistentMap(made);
    const { left, from, right } = made;
    return new PersistentMap(
      rootOf([
        { from: '', node: left },
        { from, node: right },
      ]),
    );
  }

  without(key: string): PersistentMap<Value> {
    const made = remove(this.#root, key);
    return made === this.#root ? this : new PersistentMap(lowered(made));
  }

  /** With all of these, which ascend: faster than one by one. */
  withAll(entries: readonly Entry<Value>[]): PersistentMap<Value> {
    const [first] = entries;
    if (first === undefined) return this;
    if (entries.length === 1) return this.with(...first);
    const keys = entries.map(([key]) => key);
    const values = entries.map(([, value]) => value);
    const coming = { keys, first: 0, end: keys.length };
    return new PersistentMap(rootOf(insertAll(this.#trunk, coming, values)));
  }

  /** Without all of these, which ascend: faster than one by one. */
  withoutAll(keys: readonly string[]): PersistentMap<Value> {
    const [first] = keys;
    return keys.length === 1 && first !== undefined ? this.without(first) : this.extract(keys).rest;
  }

  /** Without all of these, which ascend; and what was under those that were there. */
  extract(keys: readonly string[]): {
    readonly rest: PersistentMap<Value>;
    readonly taken: readonly Entry<Value>[];
  } {
    const taken: Entry<Value>[] = [];
    const rest = removeAll(this.#trunk, { keys, first: 0, end: keys.length }, taken);
    return { rest: taken.length === 0 ? this : new PersistentMap(rootOf(rest)), taken };
  }

  /** Without the keys from `start` on and below `end`. */
  withoutRange(start: string, end: string): PersistentMap<Value> {
    if (this.count(start, end) === 0) return this;
    return new PersistentMap(rootOf(removeRange(this.#trunk, start, end)));
  }

  /** How many keys there are from `start` on and below `end`; without `end`, to the last one. */
  count(start: string, end?: string): number {
    const before = end === undefined ? this.size : rankOf(this.#root, end);
    return Math.max(0, before - rankOf(this.#root, start));
  }

  /** Entries from the smallest key that is not below `start`, ascending. */
  *entries(start = ''): Generator<Entry<Value>> {
    for (const { keys, values } of leavesFrom(this.#root, start)) {
      for (let place = lowerBound(keys, start); place < keys.length; place += 1) {
        yield [keys[place] ?? '', values[place] as Value];
      }
    }
  }

  /** What is under the keys from `start` on and below `end`: faster than entry by entry. */
  valuesIn(start: string, end: string): Value[] {
    const found: Value[] = [];
    for (const { keys, values } of leavesFrom(this.#root, start)) {
      const last = lowerBound(keys, end);
      for (let place = lowerBound(keys, start); place < last; place += 1) {
        found.push(values[place] as Value);
      }
      if (last < keys.length) break;
    }
    return found;
  }

  /** Entries below `end`, or all, descending. */
  *entriesBefore(end?: string): Generator<Entry<Value>> {
    for (const { keys, values } of leavesBefore(this.#root, end)) {
      const places = end === undefined ? keys.length : lowerBound(keys, end);
      for (let place = places - 1; place >= 0; place -= 1) {
        yield [keys[place] ?? '', values[place] as Value];
      }
    }
  }

  /**
   * What is another thing than in an earlier version, or was not there, or is gone. What both share
   * is not looked at: a few changes among very many entries are found at once.
   */
  differences(before: PersistentMap<Value>): Generator<Difference<Value>> {
    return differencesOf(before.#root, this.#root);
  }

  get #trunk(): Branch<Value> {
    return { from: '', node: this.#root };
  }
}
