import type { FieldShapes, Shape, ValuesOf } from '../codec/shape.ts';
import type { Draft, Slot } from './draft.ts';

/*
 * What stands on the log is made of machines: keys, leases, the journal of posted objects. Each is
 * a value of this contract and one line in `machines.ts`; to leave a part of it out is a compile
 * error. docs/adding-a-machine.md walks through one.
 */

/** One kind of write. The same on every server: it knows the draft, the operation and no more. */
export type OperationRule<Takes extends FieldShapes, Gives extends FieldShapes> = {
  /** Its number in log entries, for ever. */
  readonly code: number;
  /** The level from which on servers know it; that of its machine when it is left out. */
  readonly since?: number;
  readonly takes: Takes;
  readonly gives: Gives;
  /** Throws Aborted when it cannot be done. */
  apply(draft: Draft, operation: ValuesOf<Takes>): ValuesOf<Gives>;
  /** A line for people, as it stands in logs.txt. */
  text(operation: ValuesOf<Takes>): string;
};

/** One kind of comparison in front of a transaction. */
export type ConditionRule<Takes extends FieldShapes> = {
  readonly code: number;
  readonly since?: number;
  readonly takes: Takes;
  holds(draft: Draft, condition: ValuesOf<Takes>): boolean;
};

/** What a query may know beside the state. */
export type QueryView = {
  /** By the clock of the log. */
  readonly nowMs: number;
  /** What a lease has left; undefined at a server that does not lead and so cannot know. */
  leaseRemainingMs(lease: number): number | undefined;
};

/** Not there yet, no longer there, or more than may be looked at in one go. */
export type QueryRefusal = 'future' | 'forgotten' | 'tooLarge';

/** Why a query has no answer. */
export class QueryRefused extends Error {
  override readonly name = 'QueryRefused';
  readonly reason: QueryRefusal;

  constructor(reason: QueryRefusal, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** One kind of read. It sees one state and changes nothing. */
export type QueryRule<State, Takes extends FieldShapes, Gives extends FieldShapes> = {
  readonly takes: Takes;
  readonly gives: Gives;
  /** A line for people; its name is told when it is left out. */
  text?(query: ValuesOf<Takes>): string;
  /** Throws QueryRefused. Left out where the host answers, from files or from what it leads by. */
  answer?(state: State, query: ValuesOf<Takes>, view: QueryView): ValuesOf<Gives>;
};

/** What becomes due by the clock of the log, and when. */
export type DueRule<State> = {
  /** Log time of the next thing; undefined when there is none. */
  nextMs(state: State): number | undefined;
  /** Makes happen what is due at the draft's moment, at most `limit` things; tells how many. */
  end(draft: Draft, limit: number): number;
};

/** How one part of a state stands in snapshots: as rows, in an order that restoring needs. */
export type PartRule<Value> = {
  readonly row: Shape<unknown>;
  /** Takes hold of the part as it is now, in O(1); the rows may be read at any time later. */
  capture(value: Value): Iterable<unknown>;
  restore(rows: readonly unknown[]): Value;
};

/** A part that follows from the others and is in no snapshot. */
export type DerivedRule<State, Value> = {
  /** Called when all parts that are kept are there, in the order of the declarations. */
  derive(state: State): Value;
};

/** Changes of a state, for whoever watches it. Places are whole numbers that only grow. */
export type ChangesRule<State, Takes extends FieldShapes, Gives extends FieldShapes> = {
  /** What a watcher wants to be told of. */
  readonly takes: Takes;
  readonly gives: Gives;
  /** Everything up to here has happened. */
  place(state: State): number;
  /**
   * The changes behind a place that a watcher wants, whole places only, and the place up to which
   * they reach; about `maxBytes` of them. Throws QueryRefused for what is no longer kept.
   */
  after(
    state: State,
    from: { readonly place: number; readonly maxBytes: number },
    filter: ValuesOf<Takes>,
    view: QueryView,
  ): { readonly changes: readonly ValuesOf<Gives>[]; readonly through: number };
};

type Operations = Readonly<Record<string, OperationRule<FieldShapes, FieldShapes>>>;
type Conditions = Readonly<Record<string, ConditionRule<FieldShapes>>>;
type Queries<State> = Readonly<Record<string, QueryRule<State, FieldShapes, FieldShapes>>>;

/** Everything that a machine has to say. */
export type MachineRules<State extends object> = {
  /** Its number in log entries and snapshots, for ever. */
  readonly code: number;
  /** The level of the command set from which on servers know it. */
  readonly since: number;
  readonly operations: Operations;
  readonly conditions: Conditions;
  readonly queries: Queries<State>;
  readonly due: DueRule<State>;
  /** A lease has ended: what hung on it goes. */
  leaseEnded(draft: Draft, lease: number): void;
  /** Every part of the state: one that is left out would be lost at the next restart. */
  readonly parts: {
    readonly [Part in keyof State]-?: PartRule<State[Part]> | DerivedRule<State, State[Part]>;
  };
  readonly changes: ChangesRule<State, FieldShapes, FieldShapes> | undefined;
  /**
   * The state as a cluster begins with it that was restored from a backup: whatever numbers it has
   * given out, the next ones lie beyond the floor, for the old cluster may have gone on.
   */
  raised(state: State, floor: number): State;
  /** Numbers for people and dashboards. */
  figures(state: State): Readonly<Record<string, number>>;
};

/** A machine as the others see it: its types are its own affair. */
export type Machine = MachineRules<object> & { readonly slot: Slot; readonly name: string };

/** A machine whose state has this place. */
export const machine = <
  State extends object,
  Name extends string,
  Rules extends MachineRules<State>,
>(
  slot: Slot<State, Name>,
  rules: Rules,
): Rules & { readonly slot: Slot<State, Name>; readonly name: Name } => ({
  ...rules,
  slot,
  name: slot.name,
});

/* These three only let the compiler find out the types of the fields. */

export const operation = <Takes extends FieldShapes, Gives extends FieldShapes>(
  rule: OperationRule<Takes, Gives>,
): OperationRule<Takes, Gives> => rule;

export const condition = <Takes extends FieldShapes>(
  rule: ConditionRule<Takes>,
): ConditionRule<Takes> => rule;

export const query = <State, Takes extends FieldShapes, Gives extends FieldShapes>(
  rule: QueryRule<State, Takes, Gives>,
): QueryRule<State, Takes, Gives> => rule;

export const changesOf = <State, Takes extends FieldShapes, Gives extends FieldShapes>(
  rule: ChangesRule<State, Takes, Gives>,
): ChangesRule<State, Takes, Gives> => rule;

/** For machines in which nothing ever becomes due. */
export const nothingDue: DueRule<object> = { nextMs: () => undefined, end: () => 0 };

/** For machines in which nothing hangs on a lease. */
export const noLeases = (): void => undefined;

/** A part that stands in snapshots as rows of this shape. */
export const kept = <Value, Row>(rule: {
  readonly row: Shape<Row>;
  readonly capture: (value: Value) => Iterable<Row>;
  readonly restore: (rows: readonly Row[]) => Value;
}): PartRule<Value> => rule as PartRule<Value>;

/** A part that is a single row. */
export const keptAsOne = <Value>(row: Shape<Value>, missing: Value): PartRule<Value> =>
  kept({
    row,
    capture: value => [value],
    restore: rows => rows.at(-1) ?? missing,
  });

/** A part that follows from the others. */
export const derived = <State, Value>(
  derive: (state: State) => Value,
): DerivedRule<State, Value> => ({ derive });
