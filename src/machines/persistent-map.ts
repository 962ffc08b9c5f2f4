/** Entries of a leaf and children of an inner node. More split it, far fewer join it. */
const nodeMax = 32;
const nodeMin = 8;

type Leaf<Value> = {
  readonly keys: readonly string[];
  readonly values: readonly Value[];
  readonly children: undefined;
};
type Inner<Value> = {
  /** The smallest key below each child when it was made; the first one is never compared. */
  readonly keys: readonly string[];
  readonly values: undefined;
  readonly children: readonly Node<Value>[];
};
type Node<Value> = Leaf<Value> | Inner<Value>;

/**
 * A sorted map whose versions share their parts: a B+ tree in which a change copies the nodes on
 * its path (Driscoll et al. 1989). Every version stays as it is for whoever holds it: the past can
 * be read, and a snapshot is written in peace while the newest version moves on.
 */
export class PersistentMap<Value extends object> {
  readonly size: number;
  readonly #root: Node<Value>;

  private constructor(root: Node<Value>, size: number) {
    this.#root = root;
    this.size = size;
  }

  static empty<Value extends object>(): PersistentMap<Value> {
    return new PersistentMap<Value>(leafOf([], []), 0);
  }

  /** From entries in ascending order of their keys, faster than one by one. */
  static fromSorted<Value extends object>(
    entries: Iterable<readonly [string, Value]>,
  ): PersistentMap<Value> {
    const leaves: Leaf<Value>[] = [];
    let keys: string[] = [];
    let values: Value[] = [];
    let size = 0;
    for (const [key, value] of entries) {
      keys.push(key);
      values.push(value);
      size += 1;
      if (keys.length < nodeMax) continue;
      leaves.push(leafOf(keys, values));
      keys = [];
      values = [];
    }
    if (keys.length > 0 || leaves.length === 0) leaves.push(leafOf(keys, values));
    return new PersistentMap(rootOf(leaves), size);
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

  with(key: string, value: Value): PersistentMap<Value> {
    const isNew = this.get(key) === undefined;
    const nodes = insert(this.#root, key, value);
    return new PersistentMap(rootOf(nodes), this.size + (isNew ? 1 : 0));
  }

  without(key: string): PersistentMap<Value> {
    if (this.get(key) === undefined) return this;
    return new PersistentMap(lowered(remove(this.#root, key)), this.size - 1);
  }

  /** Without all of these, which are there and ascend: faster than one by one. */
  withoutAll(keys: readonly string[]): PersistentMap<Value> {
    if (keys.length === 0) return this;
    return new PersistentMap(lowered(removeAll(this.#root, keys)), this.size - keys.length);
  }

  /** Entries from the smallest key that is not below `start`, ascending. */
  *entries(start = ''): Generator<readonly [string, Value]> {
    for (const { keys, values } of leavesFrom(this.#root, start)) {
      for (let place = lowerBound(keys, start); place < keys.length; place += 1) {
        const key = keys[place];
        const value = values[place];
        if (key !== undefined && value !== undefined) yield [key, value];
      }
    }
  }
}

const leafOf = <Value>(keys: readonly string[], values: readonly Value[]): Leaf<Value> => ({
  keys,
  values,
  children: undefined,
});

const innerOf = <Value>(children: readonly Node<Value>[]): Inner<Value> => ({
  keys: children.map(child => child.keys[0] ?? ''),
  values: undefined,
  children,
});

/** Puts nodes of one level under as few levels as they need. */
function rootOf<Value>(nodes: readonly Node<Value>[]): Node<Value> {
  let level = nodes;
  while (level.length > 1) {
    const above: Node<Value>[] = [];
    for (let from = 0; from < level.length; from += nodeMax) {
      above.push(innerOf(level.slice(from, from + nodeMax)));
    }
    level = above;
  }
  return level[0] ?? leafOf([], []);
}

/** A root with a single child is not needed. */
function lowered<Value>(root: Node<Value>): Node<Value> {
  const [only] = root.children ?? [];
  if (root.children?.length === 0) return leafOf([], []);
  return root.children?.length === 1 && only !== undefined ? lowered(only) : root;
}

/** The place of the first key that is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The child below which `key` is, or would be. */
function childPlace<Value>({ keys }: Inner<Value>, key: string): number {
  const place = lowerBound(keys, key);
  return keys[place] === key ? place : Math.max(0, place - 1);
}

function replaced<T>(items: readonly T[], place: number, count: number, put: readonly T[]): T[] {
  const copy = items.slice();
  copy.splice(place, count, ...put);
  return copy;
}

/** One node, or two when it had to be split. */
function insert<Value>(node: Node<Value>, key: string, value: Value): Node<Value>[] {
  if (node.children === undefined) {
    const place = lowerBound(node.keys, key);
    const count = node.keys[place] === key ? 1 : 0;
    const keys = replaced(node.keys, place, count, [key]);
    return splitLeaf(keys, replaced(node.values, place, count, [value]));
  }
  const place = childPlace(node, key);
  const child = node.children[place];
  if (child === undefined) return [node];
  return splitInner(replaced(node.children, place, 1, insert(child, key, value)));
}

function splitLeaf<Value>(keys: readonly string[], values: readonly Value[]): Node<Value>[] {
  if (keys.length <= nodeMax) return [leafOf(keys, values)];
  // Keys that come in ascending order leave full nodes behind.
  const middle = nodeMax - nodeMin;
  return [
    leafOf(keys.slice(0, middle), values.slice(0, middle)),
    leafOf(keys.slice(middle), values.slice(middle)),
  ];
}

function splitInner<Value>(children: readonly Node<Value>[]): Node<Value>[] {
  if (children.length <= nodeMax) return [innerOf(children)];
  const middle = nodeMax - nodeMin;
  return [innerOf(children.slice(0, middle)), innerOf(children.slice(middle))];
}

function remove<Value>(node: Node<Value>, key: string): Node<Value> {
  if (node.children === undefined) {
    const place = lowerBound(node.keys, key);
    return leafOf(replaced(node.keys, place, 1, []), replaced(node.values, place, 1, []));
  }
  const place = childPlace(node, key);
  const child = node.children[place];
  if (child === undefined) return node;
  return innerOf(withChild(node.children, place, remove(child, key)));
}

/** Every node is copied once, however many of the keys lie below it. */
function removeAll<Value>(node: Node<Value>, keys: readonly string[]): Node<Value> {
  if (node.children === undefined) {
    const gone = new Set(keys);
    const { values } = node;
    return leafOf(
      node.keys.filter(key => !gone.has(key)),
      values.filter((_, place) => !gone.has(node.keys[place] ?? '')),
    );
  }
  const children: Node<Value>[] = [];
  let from = 0;
  for (const [place, child] of node.children.entries()) {
    const next = node.keys[place + 1];
    const to = next === undefined ? keys.length : from + lowerBound(keys.slice(from), next);
    addChild(children, to > from ? removeAll(child, keys.slice(from, to)) : child);
    from = to;
  }
  return innerOf(children);
}

/** Appends a child; a small one joins the one before. */
function addChild<Value>(children: Node<Value>[], child: Node<Value>): void {
  const last = children.at(-1);
  const size = child.keys.length;
  if (size === 0) return;
  const isSmall = size < nodeMin || (last?.keys.length ?? nodeMin) < nodeMin;
  if (last !== undefined && isSmall && last.keys.length + size <= nodeMax) {
    children[children.length - 1] = joined(last, child);
  } else children.push(child);
}

/** Puts a child that has lost an entry in its place; a small one joins its neighbour. */
function withChild<Value>(
  children: readonly Node<Value>[],
  place: number,
  child: Node<Value>,
): readonly Node<Value>[] {
  if (child.keys.length === 0) return replaced(children, place, 1, []);
  if (child.keys.length >= nodeMin) return replaced(children, place, 1, [child]);
  const left = children[place - 1];
  if (left !== undefined && left.keys.length + child.keys.length <= nodeMax) {
    return replaced(children, place - 1, 2, [joined(left, child)]);
  }
  const right = children[place + 1];
  if (right !== undefined && right.keys.length + child.keys.length <= nodeMax) {
    return replaced(children, place, 2, [joined(child, right)]);
  }
  return replaced(children, place, 1, [child]);
}

function joined<Value>(left: Node<Value>, right: Node<Value>): Node<Value> {
  if (left.children !== undefined && right.children !== undefined) {
    return innerOf([...left.children, ...right.children]);
  }
  const values = [...(left.values ?? []), ...(right.values ?? [])];
  return leafOf([...left.keys, ...right.keys], values);
}

function* leavesFrom<Value>(root: Node<Value>, start: string): Generator<Leaf<Value>> {
  const path: { node: Inner<Value>; place: number }[] = [];
  let node: Node<Value> | undefined = root;
  let isFirst = true;
  while (node !== undefined) {
    while (node.children !== undefined) {
      const place: number = isFirst ? childPlace(node, start) : 0;
      path.push({ node, place });
      const child: Node<Value> | undefined = node.children[place];
      if (child === undefined) return;
      node = child;
    }
    isFirst = false;
    yield node;
    node = nextSubtree(path);
  }
}

function nextSubtree<Value>(
  path: { node: Inner<Value>; place: number }[],
): Node<Value> | undefined {
  for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
    last.place += 1;
    const child = last.node.children[last.place];
    if (child !== undefined) return child;
    path.pop();
  }
  return undefined;
}
