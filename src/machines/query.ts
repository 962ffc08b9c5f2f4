import { MalformedBytes } from '../codec/byte-reader.ts';
import { decode, encode, type FieldShapes, type Shape } from '../codec/shape.ts';
import { fields } from '../codec/shapes.ts';
import type { States } from './draft.ts';
import type { ChangesRule, Machine, QueryRule, QueryView } from './machine.ts';
import {
  machines,
  type QueryAnswer,
  type QueryFields,
  type QueryName,
  type WatchChange,
  type WatchFilter,
  type WatchName,
} from './machines.ts';

/* Reads of the machines, by their names and in bytes: the wire does not grow with each machine. */

type Rule = QueryRule<object, FieldShapes, FieldShapes> & {
  readonly machine: Machine;
  readonly takesShape: Shape<unknown>;
  readonly givesShape: Shape<unknown>;
};

const rules: ReadonlyMap<string, Rule> = new Map(
  machines.flatMap(machine =>
    Object.entries(machine.queries).map(([name, rule]) => [
      `${machine.name}.${name}`,
      { ...rule, machine, takesShape: fields(rule.takes), givesShape: fields(rule.gives) },
    ]),
  ),
);

function ruleOf(name: string): Rule {
  const rule = rules.get(name);
  if (rule === undefined) throw new MalformedBytes(`no machine answers "${name.slice(0, 64)}"`);
  return rule;
}

export const encodeQuery = <Name extends QueryName>(name: Name, query: QueryFields<Name>): Buffer =>
  encode(ruleOf(name).takesShape, query);

/** Throws MalformedBytes, for an unknown name too. */
export const decodeQuery = <Name extends QueryName>(
  name: Name,
  bytes: Uint8Array,
): QueryFields<Name> => decode(ruleOf(name).takesShape, bytes) as QueryFields<Name>;

export const encodeAnswer = <Name extends QueryName>(
  name: Name,
  answer: QueryAnswer<Name>,
): Buffer => encode(ruleOf(name).givesShape, answer);

/** Throws MalformedBytes. */
export const decodeAnswer = <Name extends QueryName>(
  name: Name,
  bytes: Uint8Array,
): QueryAnswer<Name> => decode(ruleOf(name).givesShape, bytes) as QueryAnswer<Name>;

/** The query in words, for people. */
export function queryText<Name extends QueryName>(name: Name, query: QueryFields<Name>): string {
  return ruleOf(name).text?.(query as Record<string, unknown>) ?? name;
}

/** Whether the state alone is not enough: then the host answers. */
export const isOfHost = (name: string): boolean => ruleOf(name).answer === undefined;

/** The answer of the state as it is. Throws QueryRefused. */
export function answerQuery<Name extends QueryName>(
  states: States,
  name: Name,
  query: QueryFields<Name>,
  view: QueryView,
): QueryAnswer<Name> {
  const { machine, answer } = ruleOf(name);
  if (answer === undefined) throw new RangeError(`${name} is answered by the host`);
  const state = states[machine.name] ?? {};
  return answer(state, query as Record<string, unknown>, view) as QueryAnswer<Name>;
}

type Watchable = {
  readonly machine: Machine;
  readonly rule: ChangesRule<object, FieldShapes, FieldShapes>;
  readonly filterShape: Shape<unknown>;
  readonly changeShape: Shape<unknown>;
};

const watchables: ReadonlyMap<string, Watchable> = new Map(
  machines.flatMap(machine => {
    const { changes: rule } = machine;
    if (rule === undefined) return [];
    const shapes = { filterShape: fields(rule.takes), changeShape: fields(rule.gives) };
    return [[machine.name, { machine, rule, ...shapes }] as const];
  }),
);

function watchableOf(name: string): Watchable {
  const watchable = watchables.get(name);
  if (watchable !== undefined) return watchable;
  throw new MalformedBytes(`there is nothing to watch at "${name.slice(0, 64)}"`);
}

export const encodeFilter = <Name extends WatchName>(
  name: Name,
  filter: WatchFilter<Name>,
): Buffer => encode(watchableOf(name).filterShape, filter);

/** Throws MalformedBytes, for an unknown name too. */
export const decodeFilter = <Name extends WatchName>(
  name: Name,
  bytes: Uint8Array,
): WatchFilter<Name> => decode(watchableOf(name).filterShape, bytes) as WatchFilter<Name>;

export const encodeChange = <Name extends WatchName>(
  name: Name,
  change: WatchChange<Name>,
): Buffer => encode(watchableOf(name).changeShape, change);

/** Throws MalformedBytes. */
export const decodeChange = <Name extends WatchName>(
  name: Name,
  bytes: Uint8Array,
): WatchChange<Name> => decode(watchableOf(name).changeShape, bytes) as WatchChange<Name>;

/** The place up to which the watched machine has changed. */
export const placeOf = (states: States, name: WatchName): number => {
  const { machine, rule } = watchableOf(name);
  return rule.place(states[machine.name] ?? {});
};

/** Changes behind a place. Throws QueryRefused for what is no longer kept. */
export function changesAfter<Name extends WatchName>(
  states: States,
  name: Name,
  from: { readonly place: number; readonly maxBytes: number },
  filter: WatchFilter<Name>,
  view: QueryView,
): { readonly changes: readonly WatchChange<Name>[]; readonly through: number } {
  const { machine, rule } = watchableOf(name);
  const state = states[machine.name] ?? {};
  const found = rule.after(state, from, filter as Record<string, unknown>, view);
  return found as { changes: readonly WatchChange<Name>[]; through: number };
}
