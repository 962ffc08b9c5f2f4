import { childPlace, type Node } from './tree.ts';

/** An entry that two versions of a tree do not have in common. */
export type Difference<Value> = {
  readonly key: string;
  readonly before: Value | undefined;
  readonly after: Value | undefined;
};

/** What is in one tree and not, as the same object, in the other. */
export function* differencesOf<Value>(
  before: Node<Value>,
  after: Node<Value>,
): Generator<Difference<Value>> {
  const made = new Map(entriesOutside(after, before));
  const lost = new Map(entriesOutside(before, after));
  for (const [key, value] of made) {
    const earlier = lost.get(key);
    if (earlier !== value) yield { key, before: earlier, after: value };
  }
  for (const [key, value] of lost) {
    if (!made.has(key)) yield { key, before: value, after: undefined };
  }
}

/** The entries of all leaves that the other tree has not got too. */
function entriesOutside<Value>(root: Node<Value>, other: Node<Value>): [string, Value][] {
  const otherHeight = heightOf(other);
  const entries: [string, Value][] = [];
  const visit = (node: Node<Value>, height: number): void => {
    if (nodeAt(other, otherHeight - height, firstKeyOf(node)) === node) return;
    if (node.children === undefined) {
      for (const [place, key] of node.keys.entries()) {
        entries.push([key, node.values[place] as Value]);
      }
    } else for (const child of node.children) visit(child, height - 1);
  };
  visit(root, heightOf(root));
  return entries;
}

/** The node so many steps below the root, on the way to the key. */
function nodeAt<Value>(root: Node<Value>, steps: number, key: string): Node<Value> | undefined {
  if (steps < 0) return undefined;
  let node: Node<Value> | undefined = root;
  for (let step = 0; step < steps && node?.children !== undefined; step += 1) {
    node = node.children[childPlace(node, key)];
  }
  return node;
}

function heightOf<Value>(root: Node<Value>): number {
  let height = 0;
  for (let node = root.children?.[0]; node !== undefined; node = node.children?.[0]) height += 1;
  return height;
}

function firstKeyOf<Value>(root: Node<Value>): string {
  let node = root;
  for (let first = node.children?.[0]; first !== undefined; first = node.children?.[0]) {
    node = first;
  }
  return node.keys[0] ?? '';
}
