/** Entries of a leaf and children of an inner node. More split it, far fewer join it. */
export const nodeMax = 32;
export const nodeMin = 8;

export type Leaf<Value> = {
  readonly keys: readonly string[];
  readonly values: readonly Value[];
  readonly children: undefined;
  /** Entries in and below the node. */
  readonly size: number;
};
export type Inner<Value> = {
  /** What is below a child is not less than its key here; the first one is never compared. */
  readonly keys: readonly string[];
  readonly values: undefined;
  readonly children: readonly Node<Value>[];
  readonly size: number;
};
/** A node of a B+ tree. It never changes: a change of the tree copies the nodes on its path. */
export type Node<Value> = Leaf<Value> | Inner<Value>;

/** A node with what nothing below it is less than. */
export type Branch<Value> = { readonly from: string; readonly node: Node<Value> };

export const leafOf = <Value>(keys: readonly string[], values: readonly Value[]): Leaf<Value> => ({
  keys,
  values,
  children: undefined,
  size: keys.length,
});

export function innerOf<Value>(
  keys: readonly string[],
  children: readonly Node<Value>[],
): Inner<Value> {
  let size = 0;
  for (const child of children) size += child.size;
  return { keys, values: undefined, children, size };
}

/** The place of the first key in `[from, end)` that is not below `key`. */
export function lowerBound(
  keys: readonly string[],
  key: string,
  from = 0,
  end = keys.length,
): number {
  let low = from;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The child below which `key` is, or would be. */
export function childPlace<Value>({ keys }: Inner<Value>, key: string): number {
  const place = lowerBound(keys, key);
  return keys[place] === key ? place : Math.max(0, place - 1);
}

/** Puts branches of one level under as few levels as they need. */
export function rootOf<Value>(branches: readonly Branch<Value>[]): Node<Value> {
  let level = branches;
  while (level.length > 1) level = innersOf(level);
  return lowered(level[0]?.node ?? leafOf([], []));
}

/** Branches of one level under nodes of the next. */
export function innersOf<Value>(branches: readonly Branch<Value>[]): Branch<Value>[] {
  const above: Branch<Value>[] = [];
  for (const part of evenParts(branches)) {
    const keys = part.map(({ from }) => from);
    const children = part.map(({ node }) => node);
    above.push({ from: keys[0] ?? '', node: innerOf(keys, children) });
  }
  return above;
}

/** As few parts as hold all items, each about as large as the others. */
export function evenParts<Item>(items: readonly Item[]): (readonly Item[])[] {
  const count = Math.ceil(items.length / nodeMax);
  const parts: (readonly Item[])[] = [];
  for (let part = 0; part < count; part += 1) {
    const from = Math.floor((part * items.length) / count);
    parts.push(items.slice(from, Math.floor(((part + 1) * items.length) / count)));
  }
  return parts;
}

/** A root with a single child is not needed. */
export function lowered<Value>(root: Node<Value>): Node<Value> {
  let node = root;
  while (node.children !== undefined && node.children.length <= 1) {
    node = node.children[0] ?? leafOf([], []);
  }
  return node;
}

/** How many keys are below `key`. */
export function rankOf<Value>(root: Node<Value>, key: string): number {
  let below = 0;
  let node = root;
  while (node.children !== undefined) {
    const place = childPlace(node, key);
    for (let left = 0; left < place; left += 1) below += node.children[left]?.size ?? 0;
    const child: Node<Value> | undefined = node.children[place];
    if (child === undefined) return below;
    node = child;
  }
  return below + lowerBound(node.keys, key);
}
