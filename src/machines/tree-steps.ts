import {
  childPlace,
  type Inner,
  innerOf,
  type Leaf,
  leafOf,
  lowerBound,
  type Node,
  nodeMax,
  nodeMin,
} from './tree.ts';

/*
 * One entry more, or one less. The keys of a node are shared by its next version where only a child
 * or a value of it is another one.
 */

/** A node that had to be split. */
export class Halves<Value> {
  readonly left: Node<Value>;
  /** What nothing in the right half is less than. */
  readonly from: string;
  readonly right: Node<Value>;

  constructor(left: Node<Value>, from: string, right: Node<Value>) {
    this.left = left;
    this.from = from;
    this.right = right;
  }
}

/** Keys that come in ascending order leave full nodes behind. */
const splitPlace = nodeMax - nodeMin;

function replaced<T>(items: readonly T[], place: number, item: T): T[] {
  const copy = items.slice();
  copy[place] = item;
  return copy;
}

function inserted<T>(items: readonly T[], place: number, item: T): T[] {
  const copy = items.slice(0, place);
  copy.push(item);
  for (let rest = place; rest < items.length; rest += 1) copy.push(items[rest] as T);
  return copy;
}

function removed<T>(items: readonly T[], place: number): T[] {
  const copy = items.slice(0, place);
  for (let rest = place + 1; rest < items.length; rest += 1) copy.push(items[rest] as T);
  return copy;
}

export function insert<Value>(
  node: Node<Value>,
  key: string,
  value: Value,
): Node<Value> | Halves<Value> {
  if (node.children === undefined) return insertInLeaf(node, key, value);
  const place = childPlace(node, key);
  const child = node.children[place];
  if (child === undefined) return node;
  const made = insert(child, key, value);
  if (!(made instanceof Halves)) {
    const { keys, values, size } = node;
    const children = replaced(node.children, place, made);
    return { keys, values, children, size: size + made.size - child.size };
  }
  const keys = inserted(node.keys, place + 1, made.from);
  const children = inserted(replaced(node.children, place, made.left), place + 1, made.right);
  if (keys.length <= nodeMax) return innerOf(keys, children);
  return new Halves(
    innerOf(keys.slice(0, splitPlace), children.slice(0, splitPlace)),
    keys[splitPlace] ?? '',
    innerOf(keys.slice(splitPlace), children.slice(splitPlace)),
  );
}

function insertInLeaf<Value>(
  leaf: Leaf<Value>,
  key: string,
  value: Value,
): Node<Value> | Halves<Value> {
  const place = lowerBound(leaf.keys, key);
  if (leaf.keys[place] === key) return leafOf(leaf.keys, replaced(leaf.values, place, value));
  const keys = inserted(leaf.keys, place, key);
  const values = inserted(leaf.values, place, value);
  if (keys.length <= nodeMax) return leafOf(keys, values);
  return new Halves(
    leafOf(keys.slice(0, splitPlace), values.slice(0, splitPlace)),
    keys[splitPlace] ?? '',
    leafOf(keys.slice(splitPlace), values.slice(splitPlace)),
  );
}

/** The node itself when the key is not there. */
export function remove<Value>(node: Node<Value>, key: string): Node<Value> {
  if (node.children === undefined) {
    const place = lowerBound(node.keys, key);
    if (node.keys[place] !== key) return node;
    return leafOf(removed(node.keys, place), removed(node.values, place));
  }
  const place = childPlace(node, key);
  const child = node.children[place];
  if (child === undefined) return node;
  const made = remove(child, key);
  return made === child ? node : withSmallerChild(node, place, made);
}

/** Puts a child that has lost an entry in its place; a small one joins its neighbour. */
function withSmallerChild<Value>(
  { keys, children, size }: Inner<Value>,
  place: number,
  child: Node<Value>,
): Inner<Value> {
  const length = child.keys.length;
  if (length === 0) return innerOf(removed(keys, place), removed(children, place));
  if (length < nodeMin) {
    const left = children[place - 1];
    if (left !== undefined && left.keys.length + length <= nodeMax) {
      const both = joined(left, keys[place] ?? '', child);
      return innerOf(removed(keys, place), removed(replaced(children, place - 1, both), place));
    }
    const right = children[place + 1];
    if (right !== undefined && right.keys.length + length <= nodeMax) {
      const both = joined(child, keys[place + 1] ?? '', right);
      const rest = removed(replaced(children, place, both), place + 1);
      return innerOf(removed(keys, place + 1), rest);
    }
  }
  return { keys, values: undefined, children: replaced(children, place, child), size: size - 1 };
}

/** Two neighbours of one level; nothing in the right one is less than `from`. */
export function joined<Value>(left: Node<Value>, from: string, right: Node<Value>): Node<Value> {
  if (left.children !== undefined && right.children !== undefined) {
    const keys = [...left.keys, from, ...right.keys.slice(1)];
    return innerOf(keys, [...left.children, ...right.children]);
  }
  const values = [...(left.values ?? []), ...(right.values ?? [])];
  return leafOf([...left.keys, ...right.keys], values);
}
