/** A value of a key; undefined: there is no such key. */
export type KeyValue = string | undefined;

/** One request of one client about one key, with the times at which it began and was answered. */
export type HistoryOperation = {
  readonly key: string;
  readonly calledAt: number;
  /** Undefined: never answered. It may have happened at any time since its call, or not at all. */
  readonly returnedAt: number | undefined;
  readonly action:
    | { readonly type: 'read'; readonly saw: KeyValue }
    | { readonly type: 'write'; readonly value: KeyValue }
    /** Adds to a whole number; `saw` is the sum, when it is known. */
    | { readonly type: 'add'; readonly by: number; readonly saw: KeyValue }
    /** Writes when the key has the expected value; `wrote` tells whether it did, when known. */
    | {
        readonly type: 'compareAndSet';
        readonly expected: KeyValue;
        readonly value: KeyValue;
        readonly wrote: boolean | undefined;
      };
};

export type Verdict =
  | { readonly type: 'linearizable'; readonly operations: number; readonly steps: number }
  | { readonly type: 'violated'; readonly key: string; readonly operations: number }
  /** The budget was used up. To be taken for a failure: it proves nothing. */
  | { readonly type: 'undecided'; readonly key: string };

const stepsMaxDefault = 300_000_000;

/**
 * Is there an order of the operations, each at some moment between its call and its answer, in
 * which every answer is right? The algorithm of Wing and Gong with the memory of Lowe ("Testing for
 * linearizability", 2017). Keys are independent of each other, so each is judged alone.
 */
export function checkHistory(
  history: readonly HistoryOperation[],
  stepsMax = stepsMaxDefault,
): Verdict {
  const byKey = new Map<string, HistoryOperation[]>();
  for (const operation of history) {
    const operations = byKey.get(operation.key);
    if (operations === undefined) byKey.set(operation.key, [operation]);
    else operations.push(operation);
  }
  let steps = 0;
  for (const [key, operations] of byKey) {
    const search = new Search(operations.filter(isTelling), stepsMax);
    const verdict = search.run();
    steps += search.steps;
    if (verdict === 'violated') return { type: 'violated', key, operations: operations.length };
    if (verdict === 'undecided') return { type: 'undecided', key };
  }
  return { type: 'linearizable', operations: history.length, steps };
}

/** A read that nobody saw the answer of says nothing. */
const isTelling = ({ action, returnedAt }: HistoryOperation): boolean =>
  action.type !== 'read' || returnedAt !== undefined;

type Effect = { readonly state: KeyValue } | undefined;

/** What an operation makes of a state; undefined when its answer cannot come from that state. */
function applyTo(state: KeyValue, { action, returnedAt }: HistoryOperation): Effect {
  const isKnown = returnedAt !== undefined;
  switch (action.type) {
    case 'read':
      return action.saw === state ? { state } : undefined;
    case 'write':
      return { state: action.value };
    case 'add': {
      const sum = String(BigInt(state ?? '0') + BigInt(action.by));
      return isKnown && action.saw !== sum ? undefined : { state: sum };
    }
    case 'compareAndSet': {
      const wouldWrite = state === action.expected;
      if (isKnown && action.wrote !== wouldWrite) return undefined;
      return { state: wouldWrite ? action.value : state };
    }
  }
}

/** An event of the history in a linked list; calls and answers that are placed are taken out. */
type Node = {
  readonly place: number;
  readonly isCall: boolean;
  /** Of a call: its answer, if there is one. */
  answer: Node | undefined;
  previous: Node | undefined;
  next: Node | undefined;
};

type Choice = { readonly call: Node; readonly stateBefore: KeyValue };

/** Depth first: places one operation after the other, and takes the last one back when stuck. */
class Search {
  steps = 0;
  readonly #operations: readonly HistoryOperation[];
  readonly #stepsMax: number;
  readonly #head: Node;
  readonly #choices: Choice[] = [];
  readonly #placed: Uint32Array;
  readonly #hashes: Int32Array;
  /** Sets of placed operations, with the state that they led to, from which nothing was found. */
  readonly #tried = new Map<string, Uint32Array[]>();
  #hash = 0;
  #state: KeyValue = undefined;
  /** Answered operations that have no place yet. */
  #missing: number;

  constructor(operations: readonly HistoryOperation[], stepsMax: number) {
    this.#operations = operations;
    this.#stepsMax = stepsMax;
    this.#head = listOf(operations);
    this.#placed = new Uint32Array(Math.ceil(operations.length / 32));
    this.#hashes = hashesFor(operations.length);
    this.#missing = operations.filter(({ returnedAt }) => returnedAt !== undefined).length;
  }

  run(): 'linearizable' | 'violated' | 'undecided' {
    let node = this.#head.next;
    while (this.#missing > 0) {
      this.steps += 1;
      if (this.steps > this.#stepsMax) return 'undecided';
      if (node?.isCall === true) {
        node = this.#place(node) ? this.#head.next : node.next;
        continue;
      }
      // The answer of an operation without a place, or the end: something before was wrong.
      const choice = this.#choices.pop();
      if (choice === undefined) return 'violated';
      this.#takeBack(choice);
      node = choice.call.next;
    }
    return 'linearizable';
  }

  /** Lets the operation happen next, if that is possible and was not tried before. */
  #place(call: Node): boolean {
    const operation = this.#operations[call.place];
    const effect = operation === undefined ? undefined : applyTo(this.#state, operation);
    if (operation === undefined || effect === undefined) return false;
    this.#flip(call.place);
    if (!this.#isNew(effect.state)) {
      this.#flip(call.place);
      return false;
    }
    this.#choices.push({ call, stateBefore: this.#state });
    this.#state = effect.state;
    takeOut(call);
    if (operation.returnedAt !== undefined) this.#missing -= 1;
    return true;
  }

  #takeBack({ call, stateBefore }: Choice): void {
    this.#flip(call.place);
    this.#state = stateBefore;
    putBack(call);
    if (call.answer !== undefined) this.#missing += 1;
  }

  #flip(place: number): void {
    const word = place >> 5;
    this.#placed[word] = (this.#placed[word] ?? 0) ^ (1 << (place & 31));
    this.#hash ^= this.#hashes[place] ?? 0;
  }

  #isNew(state: KeyValue): boolean {
    const key = `${this.#hash} ${state ?? 'absent'}`;
    const known = this.#tried.get(key);
    if (known === undefined) {
      this.#tried.set(key, [this.#placed.slice()]);
      return true;
    }
    const isSame = (set: Uint32Array): boolean =>
      set.every((word, place) => word === this.#placed[place]);
    if (known.some(isSame)) return false;
    known.push(this.#placed.slice());
    return true;
  }
}

/** Calls and answers in the order of their times; at one time, calls first. */
function listOf(operations: readonly HistoryOperation[]): Node {
  const nodes: { readonly at: number; readonly node: Node }[] = [];
  for (const [place, { calledAt, returnedAt }] of operations.entries()) {
    const fields = { place, previous: undefined, next: undefined };
    const answer =
      returnedAt === undefined ? undefined : { ...fields, isCall: false, answer: undefined };
    nodes.push({ at: calledAt, node: { ...fields, isCall: true, answer } });
    if (answer !== undefined && returnedAt !== undefined) {
      nodes.push({ at: returnedAt, node: answer });
    }
  }
  nodes.sort((a, b) => a.at - b.at || Number(b.node.isCall) - Number(a.node.isCall));
  const none = { answer: undefined, previous: undefined, next: undefined };
  const head: Node = { ...none, place: -1, isCall: false };
  let last = head;
  for (const { node } of nodes) {
    last.next = node;
    node.previous = last;
    last = node;
  }
  return head;
}

function takeOut(call: Node): void {
  unlink(call);
  if (call.answer !== undefined) unlink(call.answer);
}

/** The reverse of `takeOut`, in the reverse order: each node still knows its neighbours. */
function putBack(call: Node): void {
  if (call.answer !== undefined) link(call.answer);
  link(call);
}

function unlink(node: Node): void {
  if (node.previous !== undefined) node.previous.next = node.next;
  if (node.next !== undefined) node.next.previous = node.previous;
}

function link(node: Node): void {
  if (node.next !== undefined) node.next.previous = node;
  if (node.previous !== undefined) node.previous.next = node;
}

/** A number for each place, so that the hash of a set is the exclusive or of its members. */
function hashesFor(count: number): Int32Array {
  const hashes = new Int32Array(count);
  let value = 0x9e3779b9 | 0;
  for (let place = 0; place < count; place += 1) {
    value = (Math.imul(value ^ (value >>> 15), 0x85ebca6b) + 0x6d2b79f5) | 0;
    hashes[place] = value ^ (value >>> 13);
  }
  return hashes;
}
