import {
  type Branch,
  childPlace,
  evenParts,
  type Inner,
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

/** Keys that ascend, of which those from one place to another belong below a node. */
type Stretch = { readonly keys: readonly string[]; readonly first: number; readonly end: number };

/** With entries, which are given by their keys, each once, and their values. */
export function insertAll<Value>(
  branch: Branch<Value>,
  coming: Stretch,
  values: readonly Value[],
): Branch<Value>[] {
  if (coming.first === coming.end) return [branch];
  const { from, node } = branch;
  if (node.children === undefined) return leavesOf(from, merged(node, coming, values));
  const made: Branch<Value>[] = [];
  for (const { below, stretch } of parted(from, node, coming)) {
    for (const one of insertAll(below, stretch, values)) made.push(one);
  }
  return innersOf(made);
}

/** The children of a node, each with what belongs below it. */
function* parted<Value>(
  from: string,
  node: Inner<Value>,
  { keys, first, end }: Stretch,
): Generator<{ readonly below: Branch<Value>; readonly stretch: Stretch }> {
  let begin = first;
  for (const [place, child] of node.children.entries()) {
    const next = node.keys[place + 1];
    const last = next === undefined ? end : Math.min(end, boundNear(keys, next, begin));
    const below = { from: place === 0 ? from : (node.keys[place] ?? ''), node: child };
    yield { below, stretch: { keys, first: begin, end: last } };
    begin = last;
  }
}

function merged<Value>(
  leaf: Leaf<Value>,
  { keys, first, end }: Stretch,
  values: readonly Value[],
): Entry<Value>[] {
  const all: Entry<Value>[] = [];
  let place = 0;
  for (let coming = first; coming < end; coming += 1) {
    const key = keys[coming] ?? '';
    for (; (leaf.keys[place] ?? key) < key; place += 1) all.push(entryAt(leaf, place));
    if (leaf.keys[place] === key) place += 1;
    all.push([key, values[coming] as Value]);
  }
  for (; place < leaf.keys.length; place += 1) all.push(entryAt(leaf, place));
  return all;
}

const entryAt = <Value>({ keys, values }: Leaf<Value>, place: number): Entry<Value> => [
  keys[place] ?? '',
  values[place] as Value,
];

/** Leaves of entries that ascend, as full as they can be; no more of the entries is held. */
export function fullLeaves<Value>(entries: Iterable<Entry<Value>>): Branch<Value>[] {
  const leaves: Branch<Value>[] = [];
  let keys: string[] = [];
  let values: Value[] = [];
  const close = (): void => {
    if (keys.length > 0) leaves.push({ from: keys[0] ?? '', node: leafOf(keys, values) });
    keys = [];
    values = [];
  };
  for (const [key, value] of entries) {
    keys.push(key);
    values.push(value);
    if (keys.length === nodeMax) close();
  }
  close();
  return leaves;
}

/** Leaves of these entries; the first begins at `from`. */
function leavesOf<Value>(from: string, entries: readonly Entry<Value>[]): Branch<Value>[] {
  return evenParts(entries).map((part, place) => {
    const keys = part.map(([key]) => key);
    const node = leafOf(
      keys,
      part.map(([, value]) => value),
    );
    return { from: place === 0 ? from : (keys[0] ?? ''), node };
  });
}

/**
 * Without keys that ascend; those that are not there do no harm. What was under the others is
 * appended to `taken`. Empty when nothing is left.
 */
export function removeAll<Value>(
  branch: Branch<Value>,
  going: Stretch,
  taken: Entry<Value>[],
): Branch<Value>[] {
  if (going.first === going.end) return [branch];
  const { from, node } = branch;
  if (node.children === undefined) return restOf(from, node, going, taken);
  const made: Branch<Value>[] = [];
  for (const { below, stretch } of parted(from, node, going)) {
    for (const one of removeAll(below, stretch, taken)) add(made, one);
  }
  return innersOf(made);
}

function restOf<Value>(
  from: string,
  leaf: Leaf<Value>,
  { keys, first, end }: Stretch,
  taken: Entry<Value>[],
): Branch<Value>[] {
  const rest: string[] = [];
  const values: Value[] = [];
  let place = first;
  for (let at = 0; at < leaf.keys.length; at += 1) {
    const key = leaf.keys[at] ?? '';
    while (place < end && keys[place] !== key && (keys[place] ?? key) < key) place += 1;
    if (place < end && keys[place] === key) {
      taken.push([key, leaf.values[at] as Value]);
      place += 1;
    } else {
      rest.push(key);
      values.push(leaf.values[at] as Value);
    }
  }
  return rest.length === 0 ? [] : [{ from, node: leafOf(rest, values) }];
}

/** As `lowerBound`, for a place that is most often near: found in steps that double. */
function boundNear(keys: readonly string[], key: string, from: number): number {
  let step = 1;
  while ((keys[from + step] ?? key) < key) step *= 2;
  return lowerBound(keys, key, from, Math.min(keys.length, from + step));
}

/** Without what lies from `start` on and below `end`. Empty when nothing is left. */
export function removeRange<Value>(
  { from, node }: Branch<Value>,
  start: string,
  end: string,
): Branch<Value>[] {
  if (node.children === undefined) return cutLeaf(from, node, start, end);
  const made: Branch<Value>[] = [];
  // The children at both ends of the range are cut; those between them go as they are.
  const ends = [childPlace(node, start), childPlace(node, end)] as const;
  for (const [place, child] of node.children.entries()) {
    if (place > ends[0] && place < ends[1]) continue;
    const below = { from: place === 0 ? from : (node.keys[place] ?? ''), node: child };
    const rest = ends.includes(place) ? removeRange(below, start, end) : [below];
    for (const one of rest) add(made, one);
  }
  return innersOf(made);
}

function cutLeaf<Value>(
  from: string,
  leaf: Leaf<Value>,
  start: string,
  end: string,
): Branch<Value>[] {
  const [first, last] = [lowerBound(leaf.keys, start), lowerBound(leaf.keys, end)];
  const keys = [...leaf.keys.slice(0, first), ...leaf.keys.slice(last)];
  const values = [...leaf.values.slice(0, first), ...leaf.values.slice(last)];
  return keys.length === 0 ? [] : [{ from, node: leafOf(keys, values) }];
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
