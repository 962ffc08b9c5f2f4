import type { Answer, Condition, Operation } from '../../machines/machines.ts';
import type { Random } from '../random.ts';
import type { ModelDraft } from './model-draft.ts';

/** What a client knows when it draws what to do: more than a real one could, and not all true. */
export type Known = {
  /** Who it is, to others. */
  readonly holder: string;
  /** Of its own: nobody else writes the same. */
  readonly value: string;
  /** What it makes lives so long. */
  readonly ttlMs: number;
  /** The states of all models as of the newest entry. */
  readonly draft: ModelDraft;
};

type OpOf<Name extends string> = Extract<Operation['op'], `${Name}.${string}`>;
type OnOf<Name extends string> = Extract<Condition['on'], `${Name}.${string}`>;

/** A query, and what the answer to it must be. */
export type Question = { readonly name: string; readonly query: object };

/**
 * What the simulator knows of one machine, as a reader of the docs would: plain data, copied when
 * it changes, and searched from one end to the other. It draws what clients do with the machine,
 * and says what must come of it. An operation that is left out is a compile error.
 */
export type MachineModel<Name extends string> = {
  readonly name: Name;
  create(): object;
  readonly operations: {
    readonly [Op in OpOf<Name>]: (
      draft: ModelDraft,
      operation: Extract<Operation, { readonly op: Op }>,
    ) => Omit<Extract<Answer, { readonly op: Op }>, 'op'>;
  };
  readonly conditions: {
    readonly [On in OnOf<Name>]: (
      draft: ModelDraft,
      condition: Extract<Condition, { readonly on: On }>,
    ) => boolean;
  };
  /** Answers of the state alone, by the full names of the queries. */
  readonly queries: Readonly<Record<string, (draft: ModelDraft, query: never) => unknown>>;
  leaseEnded(draft: ModelDraft, lease: number): void;
  /** A transaction has passed: what it has done has happened. */
  passed(draft: ModelDraft): void;
  /** Something that somebody may want done. */
  operation(random: Random, known: Known): Operation;
  condition(random: Random, known: Known): Condition | undefined;
  question(random: Random, known: Known): Question;
};

/** A model as the others see it. */
export type AnyModel = {
  readonly name: string;
  create(): object;
  readonly operations: Readonly<Record<string, (draft: ModelDraft, operation: never) => object>>;
  readonly conditions: Readonly<Record<string, (draft: ModelDraft, condition: never) => boolean>>;
  readonly queries: MachineModel<string>['queries'];
  leaseEnded(draft: ModelDraft, lease: number): void;
  passed(draft: ModelDraft): void;
  operation(random: Random, known: Known): Operation;
  condition(random: Random, known: Known): Condition | undefined;
  question(random: Random, known: Known): Question;
};
