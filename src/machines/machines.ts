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

/** One write, with its kind in `op`. */
export type Operation = OperationsOf<Listed>;
/** What became of it, under the same name. */
export type Answer = AnswersOf<Listed>;
/** What a transaction compares, with its kind in `on`. */
export type Condition = ConditionsOf<Listed>;

export const machines: readonly Machine[] = list;
