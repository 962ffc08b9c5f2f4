import type { FieldShapes, Shape } from '../codec/shape.ts';
import {
  count,
  fields,
  flag,
  list,
  oneOf,
  optional,
  refined,
  text,
  type Variant,
} from '../codec/shapes.ts';
import { Aborted, type Draft } from './draft.ts';
import type { ConditionRule, OperationRule } from './machine.ts';
import { type Answer, type Condition, machines, type Operation } from './machines.ts';

/** Operations and conditions of one transaction. */
export const operationsMax = 1000;
/** A machine has at most so many of each. */
const rulesPerMachine = 128;
const reasonMaxBytes = 64;

/** All of `success` when every condition holds, else all of `failure`; and else nothing at all. */
export type Transaction = {
  readonly compare: readonly Condition[];
  readonly success: readonly Operation[];
  readonly failure: readonly Operation[];
};

/** What has become of a transaction. */
export type TransactionResult =
  | {
      readonly type: 'done';
      /** Which branch was taken. */
      readonly succeeded: boolean;
      readonly answers: readonly Answer[];
    }
  /**
   * It has had no effect: the operation at `place` of its branch could not be done, or, without a
   * place, one of its conditions could not be looked at.
   */
  | { readonly type: 'aborted'; readonly place: number | undefined; readonly reason: string };

type Rules<Rule> = ReadonlyMap<string, Rule & { readonly number: number; readonly since: number }>;

/** Rules of one kind by their full names, with their numbers in log entries. */
function rulesOf<Rule extends { readonly code: number; readonly since?: number }>(
  pick: (machine: (typeof machines)[number]) => Readonly<Record<string, Rule>>,
): Rules<Rule> {
  return new Map(
    machines.flatMap(machine =>
      Object.entries(pick(machine)).map(([name, rule]) => {
        const number = rulesPerMachine * machine.code + rule.code;
        return [`${machine.name}.${name}`, { ...rule, number, since: rule.since ?? machine.since }];
      }),
    ),
  );
}

const operationRules = rulesOf<OperationRule<FieldShapes, FieldShapes>>(
  ({ operations }) => operations,
);
const conditionRules = rulesOf<ConditionRule<FieldShapes>>(({ conditions }) => conditions);

function ruleOf<Rule>(rules: ReadonlyMap<string, Rule>, name: string): Rule {
  const rule = rules.get(name);
  if (rule === undefined) throw new RangeError(`no machine knows "${name}"`);
  return rule;
}

const variantsOf = <Rule extends { readonly number: number }>(
  rules: ReadonlyMap<string, Rule>,
  shapesOf: (rule: Rule) => FieldShapes,
): Record<string, Variant> =>
  Object.fromEntries(
    [...rules].map(([name, rule]) => [
      name,
      { code: rule.number, shape: fields(shapesOf(rule)) as Shape<unknown> },
    ]),
  );

export const operationShape = oneOf<Operation>(
  'op',
  variantsOf(operationRules, ({ takes }) => takes),
);
const answerShape = oneOf<Answer>(
  'op',
  variantsOf(operationRules, ({ gives }) => gives),
);
const conditionShape = oneOf<Condition>(
  'on',
  variantsOf(conditionRules, ({ takes }) => takes),
);

const bounded = { max: operationsMax };
export const transactionShape: Shape<Transaction> = refined(
  fields({
    compare: list(conditionShape, bounded),
    success: list(operationShape, bounded),
    failure: list(operationShape, bounded),
  }),
  ({ compare, success, failure }) =>
    compare.length + success.length + failure.length <= operationsMax,
  `more than ${operationsMax} operations in one transaction`,
);

export const transactionResultVariants: Record<TransactionResult['type'], Variant> = {
  done: { code: 1, shape: fields({ succeeded: flag, answers: list(answerShape, bounded) }) },
  aborted: {
    code: 2,
    shape: fields({ place: optional(count()), reason: text({ max: reasonMaxBytes }) }),
  },
};

/** The level of the command set that a server must have to understand the transaction. */
export function levelOf({ compare, success, failure }: Transaction): number {
  let level = 0;
  for (const { on } of compare as readonly { readonly on: string }[])
    level = Math.max(level, ruleOf(conditionRules, on).since);
  for (const { op } of [...success, ...failure]) {
    level = Math.max(level, ruleOf(operationRules, op).since);
  }
  return level;
}

/** The highest level of which this version knows something. */
export const knownLevel = Math.max(
  ...machines.map(({ since }) => since),
  ...[...operationRules.values(), ...conditionRules.values()].map(({ since }) => since),
);

/** What stands in logs.txt for the operation. */
export const operationText = (operation: Operation): string =>
  ruleOf(operationRules, operation.op).text(operation);

/** Makes the transaction in a draft that nobody has used before. The draft is not committed. */
export function transact(
  draft: Draft,
  { compare, success, failure }: Transaction,
): TransactionResult {
  const answers: Answer[] = [];
  let isComparing = true;
  try {
    draft.succeeded = compare.every(condition =>
      ruleOf(conditionRules, (condition as { on: string }).on).holds(draft, condition),
    );
    isComparing = false;
    for (const operation of draft.succeeded ? success : failure) {
      answers.push(operate(draft, operation));
    }
  } catch (error) {
    if (!(error instanceof Aborted)) throw error;
    const place = isComparing ? undefined : answers.length;
    return { type: 'aborted', place, reason: error.reason };
  }
  return { type: 'done', succeeded: draft.succeeded, answers };
}

/** An answer is made anew for each operation, so its kind is put into it and not into a copy. */
function operate(draft: Draft, operation: Operation): Answer {
  const answer: Record<string, unknown> = ruleOf(operationRules, operation.op).apply(
    draft,
    operation,
  );
  answer['op'] = operation.op;
  return answer as Answer;
}
