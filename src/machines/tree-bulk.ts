import {
  type Branch,
  evenParts,
  innersOf,
  type Leaf,
  leafOf,
  lowerBound,
  nodeMax,
  nodeMin,
} from './tree.ts';
import { joined } from './tree-steps.ts';

/* Many entries at once: every node is copied once, however many of them lie below it. */

export type Entry<Value> = readonly [string, Value];

/** With entries that ascend, each key once. */
export function insertAll<Value>(
  { from, node }: Branch<Value>,
  entries: readonly Entry<Value>[],
): Branch<Value>[] {
  if (entries.length === 0) return [{ from, node }];
  if (node.children === undefined) return leavesOf(from, merged(node, entries));
  const made: Branch<Value>[] = [];
  let first = 0;
  for (const [place, child] of node.children.entries()) {
    const end = placeOf(entries, node.keys[place + 1], first);
    const branch = { from: place === 0 ? from : (node.keys[place] ?? ''), node: child };
    for (const one of insertAll(branch, entries.slice(first, end))) made.push(one);
    first = end;
  }
  return innersOf(made);
}

/** The place of the first entry that is not below `key`; without it the end. */
function placeOf<Value>(
  entries: readonly Entry<Value>[],
  key: string | undefined,
  first: number,
): number {
  let low = first;
  let high = entries.length;
  while (key !== undefined && low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.[0] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return high;
}

function merged<Value>(leaf: Leaf<Value>, entries: readonly Entry<Value>[]): Entry<Value>[] {
  const all: Entry<Value>[] = [];
  let place = 0;
  for (const entry of entries) {
    for (; (leaf.keys[place] ?? entry[0]) < entry[0]; place += 1) all.push(entryAt(leaf, place));
    if (leaf.keys[place] === entry[0]) place += 1;
    all.push(entry);
  }
  for (; place < leaf.keys.length; place += 1) all.push(entryAt(leaf, place));
  return all;
}

const entryAt = <Value>({ keys, values }: Leaf<Value>, place: number): Entry<Value> => [
  keys[place] ?? '',
  values[place] as Value,
];

/** Leaves of these entries; the first begins at `from`. */
export function leavesOf<Value>(from: string, entries: readonly Entry<Value>[]): Branch<Value>[] {
  return evenParts(entries).map((part, place) => {
    const keys = part.map(([key]) => key);
    const node = leafOf(
      keys,
      part.map(([, value]) => value),
    );
    return { from: place === 0 ? from : (keys[0] ?? ''), node };
  });
}

/** Without keys that ascend; those that are not there do no harm. Empty when nothing is left. */
export function removeAll<Value>(
  { from, node }: Branch<Value>,
  keys: readonly string[],
): Branch<Value>[] {
  if (keys.length === 0) return [{ from, node }];
  if (node.children === undefined) {
    const gone = new Set(keys);
    const rest = node.keys.filter(key => !gone.has(key));
    const values = node.values.filter((_, place) => !gone.has(node.keys[place] ?? ''));
    return rest.length === 0 ? [] : [{ from, node: leafOf(rest, values) }];
  }
  const made: Branch<Value>[] = [];
  let first = 0;
  for (const [place, child] of node.children.entries()) {
    const next = node.keys[place + 1];
    const end = next === undefined ? keys.length : lowerBound(keys, next, first);
    const branch = { from: place === 0 ? from : (node.keys[place] ?? ''), node: child };
    for (const one of removeAll(branch, keys.slice(first, end))) add(made, one);
    first = end;
  }
  return innersOf(made);
}

/** Appends a branch; a small one joins the one before. */
function add<Value>(branches: Branch<Value>[], branch: Branch<Value>): void {
  const last = branches.at(-1);
  const lengths = [branch, last ?? branch].map(({ node }) => node.keys.length);
  const [own = 0, before = 0] = lengths;
  if (last !== undefined && Math.min(own, before) < nodeMin && own + before <= nodeMax) {
    const node = joined(last.node, branch.from, branch.node);
    branches[branches.length - 1] = { from: last.from, node };
  } else branches.push(branch);
}
