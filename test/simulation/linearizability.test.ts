import test from 'ava';
import {
  checkHistory,
  type HistoryOperation,
  type KeyValue,
} from '../../src/simulation/linearizability.ts';
import { mix, Random } from '../../src/simulation/random.ts';

type Action = HistoryOperation['action'];
type Timed = { readonly calledAt: number; readonly returnedAt: number | undefined };

const operation = (
  calledAt: number,
  returnedAt: number | undefined,
  action: Action,
  key = 'k',
): HistoryOperation => ({ key, calledAt, returnedAt, action });
const read = (saw: KeyValue): Action => ({ type: 'read', saw });
const write = (value: KeyValue): Action => ({ type: 'write', value });

/** What the action does to a register, and the action with the answer that it then gets. */
function perform(state: KeyValue, action: Action): { state: KeyValue; action: Action } {
  switch (action.type) {
    case 'read':
      return { state, action: { ...action, saw: state } };
    case 'write':
      return { state: action.value, action };
    case 'add': {
      const sum = String(BigInt(state ?? '0') + BigInt(action.by));
      return { state: sum, action: { ...action, saw: sum } };
    }
    case 'compareAndSet': {
      const wrote = state === action.expected;
      return { state: wrote ? action.value : state, action: { ...action, wrote } };
    }
  }
}

/** Whether one of all the orders is right: slow, and without a clever thought that could be wrong. */
function isLinearizableByForce(history: readonly HistoryOperation[], state: KeyValue): boolean {
  const answered = history.filter(({ returnedAt }) => returnedAt !== undefined);
  if (answered.length === 0) return true;
  const earliestReturn = Math.min(...answered.map(({ returnedAt = 0 }) => returnedAt));
  return history.some(next => {
    if (next.calledAt > earliestReturn) return false;
    const done = perform(state, next.action);
    const isRight =
      next.returnedAt === undefined || JSON.stringify(done.action) === JSON.stringify(next.action);
    return (
      isRight &&
      isLinearizableByForce(
        history.filter(other => other !== next),
        done.state,
      )
    );
  });
}

function anyAction(random: Random, value: string): Action {
  const some = String(random.below(3));
  return random.pick<Action>([
    read(random.chance(0.2) ? undefined : some),
    write(value),
    write(some),
    { type: 'compareAndSet', expected: some, value, wrote: random.chance(0.5) },
    { type: 'add', by: 1, saw: String(1 + random.below(4)) },
  ]);
}

test('it says what trying all orders says, for 20,000 tiny histories', t => {
  let violated = 0;
  for (let seed = 0; seed < 20_000; seed += 1) {
    const random = new Random(mix(seed, 90));
    const count = 1 + random.below(6);
    const history = Array.from({ length: count }, () => {
      const calledAt = random.below(10);
      const isAnswered = random.chance(0.85);
      const returnedAt = isAnswered ? calledAt + 1 + random.below(6) : undefined;
      return operation(calledAt, returnedAt, anyAction(random, String(random.below(3))));
    });
    const expected = isLinearizableByForce(history, undefined) ? 'linearizable' : 'violated';
    if (expected === 'violated') violated += 1;
    t.is(checkHistory(history).type, expected, JSON.stringify(history));
  }
  t.true(violated > 4000 && violated < 16_000, `${violated} of them were violated`);
});

/** What clients of a real register see: each operation takes effect between call and answer. */
function goodHistory(seed: number, length: number): HistoryOperation[] {
  const random = new Random(mix(seed, 91));
  const states = new Map<string, KeyValue>();
  const history: HistoryOperation[] = [];
  for (let place = 0; place < length; place += 1) {
    const key = `k${random.below(4)}`;
    const happensAt = 10 * place + 5;
    const times: Timed = {
      calledAt: happensAt - random.below(40) - 1,
      returnedAt: random.chance(0.03) ? undefined : happensAt + random.below(40) + 1,
    };
    const value = `${1000 + place}`;
    const action = random.pick<Action>([
      read(undefined),
      read(undefined),
      write(value),
      write(random.chance(0.2) ? undefined : value),
      { type: 'compareAndSet', expected: states.get(key), value, wrote: true },
      { type: 'add', by: 1, saw: undefined },
    ]);
    const isLost = times.returnedAt === undefined && random.chance(0.5);
    const done = perform(states.get(key), action);
    if (!isLost) states.set(key, done.state);
    history.push(operation(times.calledAt, times.returnedAt, done.action, key));
  }
  return history;
}

test('what a register has really done is always accepted', t => {
  for (let seed = 0; seed < 200; seed += 1) {
    t.is(checkHistory(goodHistory(seed, 300)).type, 'linearizable', `seed ${seed}`);
  }
});

const after = (history: readonly HistoryOperation[]): number =>
  Math.max(...history.flatMap(({ calledAt, returnedAt }) => [calledAt, returnedAt ?? 0])) + 10;
const isRead = ({ action }: HistoryOperation): boolean => action.type === 'read';

/** Lies, each of which no order of the operations can explain. */
const mutators: Readonly<
  Record<string, (history: readonly HistoryOperation[]) => HistoryOperation[]>
> = {
  'a stale read': history => {
    const end = after(history);
    const [first, second] = [write('old'), write('new')];
    return [
      ...history,
      operation(end, end + 1, first),
      operation(end + 2, end + 3, second),
      operation(end + 4, end + 5, read('old')),
    ];
  },
  'a lost update': history => {
    const end = after(history);
    const add = { type: 'add', by: 1, saw: '1' } as const;
    return [
      ...history,
      operation(end, end + 1, write('0')),
      operation(end + 2, end + 5, add),
      operation(end + 3, end + 6, add),
    ];
  },
  'a value out of nowhere': history => {
    const place = history.findIndex(isRead);
    return history.map((item, at) =>
      at === place ? { ...item, returnedAt: item.calledAt + 1, action: read('phantom') } : item,
    );
  },
  'two answers exchanged': history => {
    const end = after(history);
    return [
      ...history,
      operation(end, end + 1, write('a')),
      operation(end + 2, end + 3, read('b')),
      operation(end + 4, end + 5, write('b')),
      operation(end + 6, end + 7, read('a')),
    ];
  },
  'two winners of one compare-and-set': history => {
    const end = after(history);
    const win = (value: string): Action => ({
      type: 'compareAndSet',
      expected: 'x',
      value,
      wrote: true,
    });
    return [
      ...history,
      operation(end, end + 1, write('x')),
      operation(end + 2, end + 5, win('a')),
      operation(end + 3, end + 6, win('b')),
    ];
  },
  'a refused write that is read': history => {
    const end = after(history);
    const refused = { type: 'compareAndSet', expected: 'y', value: 'z', wrote: false } as const;
    return [
      ...history,
      operation(end, end + 1, write('x')),
      operation(end + 2, end + 3, refused),
      operation(end + 4, end + 5, read('z')),
    ];
  },
  'a client that goes back in time': history => {
    const end = after(history);
    return [
      ...history,
      operation(end, end + 1, write('a')),
      operation(end + 2, end + 20, write('b')),
      operation(end + 3, end + 4, read('b')),
      operation(end + 5, end + 6, read('a')),
    ];
  },
  'the value of another key': history => {
    const end = after(history);
    return [
      ...history,
      operation(end, end + 1, write('mine'), 'k'),
      operation(end, end + 1, write('yours'), 'l'),
      operation(end + 2, end + 3, read('yours'), 'k'),
    ];
  },
  'two leaders that count apart': history => {
    const end = after(history);
    const sums = ['1', '2', '1', '2'];
    const adds = sums.map((saw, place) =>
      operation(end + 2 + place, end + 3 + place, { type: 'add', by: 1, saw }),
    );
    return [...history, operation(end, end + 1, write('0')), ...adds];
  },
  'a deleted key that comes back': history => {
    const end = after(history);
    return [
      ...history,
      operation(end, end + 1, write('a')),
      operation(end + 2, end + 3, write(undefined)),
      operation(end + 4, end + 5, read('a')),
    ];
  },
  'a write that happens twice': history => {
    const end = after(history);
    return [
      ...history,
      operation(end, end + 1, write('a')),
      operation(end + 2, end + 3, write('b')),
      operation(end + 4, end + 5, read('b')),
      operation(end + 6, end + 7, read('a')),
    ];
  },
  'a read before its write was called': history => {
    const end = after(history);
    return [
      ...history,
      operation(end, end + 1, read('early')),
      operation(end + 2, end + 3, write('early')),
    ];
  },
};

for (const [name, mutate] of Object.entries(mutators)) {
  test(`it rejects ${name}`, t => {
    for (let seed = 0; seed < 20; seed += 1) {
      const verdict = checkHistory(mutate(goodHistory(seed, 200)));
      t.is(verdict.type, 'violated', `seed ${seed}`);
    }
  });
}

test('a search that ends without an answer is no approval', t => {
  t.is(checkHistory(goodHistory(1, 300), 10).type, 'undecided');
});
