import type { ValuesOf } from '../codec/shape.ts';
import { journal } from './journal/journal.ts';
import { keys } from './keys/keys.ts';
import { leases } from './leases/leases.ts';
import type { Machine } from './machine.ts';

/** Whatever stands on the log. A new machine is a folder of its own and a line here. */
const list = [journal, keys, leases] as const satisfies readonly Machine[];

type Listed = (typeof list)[number];

/** `keys.put` for the operation `put` of the machine `keys`, with the fields that it takes. */
type Tagged<Tag extends string, Rules, Fields extends 'takes' | 'gives', Name extends string> = {
  [Rule in keyof Rules & string]: {
    readonly [T in Tag]: `${Name}.${Rule}`;
  } & (Rules[Rule] extends {
    readonly [F in Fields]: infer Shapes;
  }
    ? ValuesOf<Shapes>
    : never);
}[keyof Rules & string];

type OperationsOf<M> = M extends {
  readonly name: infer Name extends string;
  operations: infer Rules;
}
  ? Tagged<'op', Rules, 'takes', Name>
  : never;
type AnswersOf<M> = M extends { readonly name: infer Name extends string; operations: infer Rules }
  ? Tagged<'op', Rules, 'gives', Name>
  : never;
type ConditionsOf<M> = M extends {
  readonly name: infer Name extends string;
  conditions: infer Rules;
}
  ? Tagged<'on', Rules, 'takes', Name>
  : never;

type QueriesOf<M> = M extends { readonly name: infer Name extends string; queries: infer Rules }
  ? { readonly [Rule in keyof Rules & string as `${Name}.${Rule}`]: Rules[Rule] }
  : never;
type Both<Union> = (Union extends unknown ? (one: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;
type QueryRules = Both<QueriesOf<Listed>>;

/** One kind of read: `keys.range` for the query `range` of the machine `keys`. */
export type QueryName = keyof QueryRules & string;
export type QueryFields<Name extends QueryName> = QueryRules[Name] extends {
  readonly takes: infer Shapes;
}
  ? ValuesOf<Shapes>
  : never;
export type QueryAnswer<Name extends QueryName> = QueryRules[Name] extends {
  readonly gives: infer Shapes;
}
  ? ValuesOf<Shapes>
  : never;

type ChangesOf<M> = M extends { readonly name: infer Name extends string; changes: infer Rule }
  ? Rule extends { readonly takes: infer Takes; readonly gives: infer Gives }
    ? {
        readonly [N in Name]: {
          readonly filter: ValuesOf<Takes>;
          readonly change: ValuesOf<Gives>;
        };
      }
    : never
  : never;
type Watched = Both<ChangesOf<Listed>>;

/** A machine whose changes can be watched. */
export type WatchName = keyof Watched & string;
export type WatchFilter<Name extends WatchName> = Watched[Name] extends { filter: infer Filter }
  ? Filter
  : never;
export type WatchChange<Name extends WatchName> = Watched[Name] extends { change: infer Change }
  ? Change
  : never;

/** One write, with its kind in `op`. */
export type Operation = OperationsOf<Listed>;
/** What became of it, under the same name. */
export type Answer = AnswersOf<Listed>;
/** What a transaction compares, with its kind in `on`. */
export type Condition = ConditionsOf<Listed>;

export const machines: readonly Machine[] = list;
