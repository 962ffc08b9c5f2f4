import { count, fields, integer, optional, text } from '../../../src/codec/shapes.ts';
import { quoted } from '../../../src/events/quoted-words.ts';
import type { Draft, Slot } from '../../../src/machines/draft.ts';
import {
  condition,
  kept,
  machine,
  noLeases,
  operation,
  query,
} from '../../../src/machines/machine.ts';
import { type Counter, CounterTable } from './counter-table.ts';

export type CountersState = { readonly table: CounterTable };

const countersSlot: Slot<CountersState, 'counters'> = {
  name: 'counters',
  create: () => ({ table: new CounterTable() }),
};

const lifetimeMs = 60_000;
const name = text({ min: 1, max: 256 });

/** What the transaction has written so far, and the table does not show yet. */
const written = (draft: Draft): Map<string, Counter> =>
  draft.notes(countersSlot, () => {
    const counters = new Map<string, Counter>();
    draft.finally(() => {
      for (const counter of counters.values()) draft.get(countersSlot).table.put(counter);
    });
    return counters;
  });

const counterIn = (draft: Draft, name: string): Counter | undefined =>
  written(draft).get(name) ?? draft.get(countersSlot).table.get(name);

const add = operation({
  code: 1,
  takes: { name, by: integer },
  gives: { value: count() },
  apply: (draft, { name, by }) => {
    const value = (counterIn(draft, name)?.value ?? 0) + by;
    draft.demand(value >= 0 && Number.isSafeInteger(value), 'outOfRange');
    written(draft).set(name, { name, value, endsAtMs: draft.at.nowMs + lifetimeMs });
    return { value };
  },
  text: ({ name, by }) => `COUNT ${quoted(name)} ${by}`,
});

const atLeast = condition({
  code: 1,
  takes: { name, value: count() },
  holds: (draft, { name, value }) => (counterIn(draft, name)?.value ?? 0) >= value,
});

const get = query({
  takes: { name },
  gives: { value: optional(count()) },
  answer: ({ table }: CountersState, { name }) => ({ value: table.get(name)?.value }),
});

function end(draft: Draft, limit: number): number {
  const { table } = draft.get(countersSlot);
  const over: string[] = [];
  for (const { name, endsAtMs } of table.values()) {
    if (endsAtMs > draft.at.nowMs || over.length === limit) break;
    over.push(name);
  }
  draft.finally(() => {
    for (const name of over) table.remove(name);
  });
  return over.length;
}

/** Counters that nobody has counted for a minute go by themselves. */
export const counters = machine(countersSlot, {
  code: 4,
  since: 2,
  operations: { add },
  conditions: { atLeast },
  queries: { get },
  due: { nextMs: ({ table }: CountersState) => table.first()?.endsAtMs, end },
  leaseEnded: noLeases,
  parts: {
    table: kept({
      row: fields({ name, value: count(), endsAtMs: count() }),
      capture: (table: CounterTable) => table.capture(),
      restore: rows => {
        const table = new CounterTable();
        for (const counter of rows) table.put(counter);
        return table;
      },
    }),
  },
  changes: undefined,
  raised: state => state,
  figures: ({ table }) => ({ counters: table.size }),
});
