import type { FieldShapes, Shape } from '../../../src/codec/shape.ts';
import { fields } from '../../../src/codec/shapes.ts';
import type { Command } from '../../../src/machines/frame/command.ts';
import type { Result } from '../../../src/machines/frame/result.ts';
import type { Machine, PartRule } from '../../../src/machines/machine.ts';
import {
  type Answer,
  type Condition,
  machines,
  type Operation,
} from '../../../src/machines/machines.ts';
import type { TransactionResult } from '../../../src/machines/transaction.ts';
import { valueBySeed } from '../../codec/chance-reader.ts';

/** What one machine declares under a name. */
export type Declared = { readonly name: string; readonly shape: Shape<unknown> };

const declared = (
  pick: (machine: Machine) => Readonly<Record<string, FieldShapes | undefined>>,
): readonly Declared[] =>
  machines.flatMap(machine =>
    Object.entries(pick(machine)).flatMap(([name, shapes]) =>
      shapes === undefined
        ? []
        : [{ name: `${machine.name}.${name}`, shape: fields(shapes) as Shape<unknown> }],
    ),
  );

const each = <Rule>(
  rules: Readonly<Record<string, Rule>>,
  of: (rule: Rule) => FieldShapes,
): Readonly<Record<string, FieldShapes>> =>
  Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, of(rule)]));

export const operations = declared(machine => each(machine.operations, ({ takes }) => takes));
export const answers = declared(machine => each(machine.operations, ({ gives }) => gives));
export const conditions = declared(machine => each(machine.conditions, ({ takes }) => takes));
export const queries = declared(machine => each(machine.queries, ({ takes }) => takes));
export const queryAnswers = declared(machine => each(machine.queries, ({ gives }) => gives));
export const changes = declared(({ changes: rule }) => ({
  filter: rule?.takes,
  change: rule?.gives,
}));
export const rows: readonly Declared[] = machines.flatMap(({ name, parts }) =>
  Object.entries(parts as Readonly<Record<string, PartRule<unknown>>>).flatMap(([part, rule]) =>
    'row' in rule ? [{ name: `${name}.${part}`, shape: rule.row }] : [],
  ),
);

/** Some of these by a seed, each with its name under `tag`. */
function some<Value>(tag: string, all: readonly Declared[], seed: number, count: number): Value[] {
  return Array.from({ length: count }, (_, place) => {
    const { name, shape } = all[(seed + 7 * place) % all.length] as Declared;
    return { ...(valueBySeed(shape, seed + place) as object), [tag]: name } as Value;
  });
}

export const anyOperations = (seed: number, count: number): readonly Operation[] =>
  some('op', operations, seed, count);

const anyItem = (seed: number): Extract<Command, { type: 'transact' }>['items'][number] => ({
  sequence: seed,
  idempotency: seed % 2 === 0 ? undefined : { key: `key ${seed}`, fingerprint: `use ${seed}` },
  transaction: {
    compare: some<Condition>('on', conditions, seed, seed % 3),
    success: anyOperations(seed + 1, seed % 4),
    failure: anyOperations(seed + 2, seed % 2),
  },
});

export function anyCommand(seed: number): Command {
  switch (seed % 8) {
    case 0:
      return { type: 'openSession', nonce: `nonce ${seed}` };
    case 1:
      return { type: 'raiseLevel', level: 1 + seed };
    case 2:
      return { type: 'tick', idempotencyMaxBytes: seed, operations: anyOperations(seed, 3) };
    default: {
      const items = Array.from({ length: seed % 5 }, (_, place) => anyItem(seed + place));
      return { type: 'transact', session: seed, ackedBelow: seed, items };
    }
  }
}

export function anyResult(seed: number): Result {
  const result: TransactionResult =
    seed % 3 === 0
      ? { type: 'aborted', place: seed % 2 === 0 ? undefined : seed, reason: 'lockHeld' }
      : {
          type: 'done',
          succeeded: seed % 2 === 0,
          answers: some<Answer>('op', answers, seed, seed % 4),
        };
  switch (seed % 6) {
    case 0:
      return { type: 'keyReused' };
    case 1:
      return { type: 'idempotencyFull' };
    case 2:
      return { type: 'sessionExpired' };
    case 3:
      return result;
    default:
      return { type: 'remembered', result, term: 1, index: seed, isReplay: true, windowMs: seed };
  }
}
