import { childPlace, type Inner, type Leaf, lowerBound, type Node } from './tree.ts';

type Step<Value> = { readonly node: Inner<Value>; place: number };

/** The leaves from that on in which `start` is or would be. */
export function* leavesFrom<Value>(root: Node<Value>, start: string): Generator<Leaf<Value>> {
  const path: Step<Value>[] = [];
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
    node = neighbour(path, 1);
  }
}

/** The leaves from the one with the last key below `end` backwards; without it, from the last. */
export function* leavesBefore<Value>(
  root: Node<Value>,
  end: string | undefined,
): Generator<Leaf<Value>> {
  const path: Step<Value>[] = [];
  let node: Node<Value> | undefined = root;
  let isFirst = true;
  while (node !== undefined) {
    while (node.children !== undefined) {
      const isBounded = isFirst && end !== undefined;
      const behind: number = isBounded ? lowerBound(node.keys, end) : node.children.length;
      const place = Math.max(0, behind - 1);
      path.push({ node, place });
      const child: Node<Value> | undefined = node.children[place];
      if (child === undefined) return;
      node = child;
    }
    isFirst = false;
    yield node;
    node = neighbour(path, -1);
  }
}

function neighbour<Value>(path: Step<Value>[], direction: 1 | -1): Node<Value> | undefined {
  for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
    last.place += direction;
    const child = last.node.children[last.place];
    if (child !== undefined) return child;
    path.pop();
  }
  return undefined;
}
