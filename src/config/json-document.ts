import {
  findNodeAtLocation,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';

/** Where something stands in a text, for people. */
export type Place = { readonly line: number; readonly column: number };

export type JsonDocument = {
  readonly value: unknown;
  /** Fields that are there twice, which JSON.parse would pass over: the last one would count. */
  readonly repeated: readonly { readonly field: string; readonly place: Place }[];
  /** Where a field stands; what is not there has the place of what it would be in. */
  placeOf(path: readonly PropertyKey[]): Place;
};
export type ReadDocument =
  | ({ readonly type: 'read' } & JsonDocument)
  | { readonly type: 'notJson'; readonly place: Place; readonly problem: string };

/** Reads JSON, and keeps where everything stands. */
export function readJsonDocument(text: string): ReadDocument {
  const errors: ParseError[] = [];
  const tree = treeOf(text, errors);
  if (tree === undefined || errors.length > 0) return notJson(text, errors[0]);
  const value = parsedValue(text);
  if (value === undefined) return notJson(text, undefined);
  return {
    type: 'read',
    value: value.parsed,
    repeated: repeatedIn(tree, '').map(({ field, node }) => ({
      field,
      place: placeAt(text, node.offset),
    })),
    placeOf: path => placeAt(text, nearestNode(tree, path).offset),
  };
}

function treeOf(text: string, errors: ParseError[]): Node | undefined {
  try {
    return parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  } catch (error) {
    // The parser calls itself for each level; nobody writes thousands of them by hand.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The built-in parser is the stricter one; what it refuses is no JSON. */
function parsedValue(text: string): { readonly parsed: unknown } | undefined {
  try {
    return { parsed: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function notJson(text: string, error: ParseError | undefined): ReadDocument {
  const words = error === undefined ? 'CannotBeRead' : printParseErrorCode(error.error);
  const problem = words.replaceAll(/(?<=.)[A-Z]/g, letter => ` ${letter}`).toLowerCase();
  return { type: 'notJson', place: placeAt(text, error?.offset ?? 0), problem };
}

function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function nearestNode(tree: Node, path: readonly PropertyKey[]): Node {
  const steps = path.filter(step => typeof step !== 'symbol');
  for (let length = steps.length; length > 0; length -= 1) {
    const node = findNodeAtLocation(tree, steps.slice(0, length));
    // The name of a field says more than its value.
    if (node !== undefined) return node.parent?.type === 'property' ? node.parent : node;
  }
  return tree;
}

function repeatedIn(node: Node, path: string): { readonly field: string; readonly node: Node }[] {
  const names = new Set<string>();
  return (node.children ?? []).flatMap(child => {
    const [key, value] = child.type === 'property' ? (child.children ?? []) : [undefined, child];
    const name = key === undefined ? path : `${path}${path === '' ? '' : '.'}${key.value}`;
    const isRepeated = key !== undefined && names.has(name);
    names.add(name);
    const inside = value === undefined ? [] : repeatedIn(value, name);
    return isRepeated ? [{ field: name, node: child }, ...inside] : inside;
  });
}
