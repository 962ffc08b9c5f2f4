import type { Condition, Operation } from '../machines/machines.ts';
import type { Transaction } from '../machines/transaction.ts';
import type { Known } from './models/model.ts';
import { models } from './models/models.ts';
import type { Random } from './random.ts';

const anyModel = (random: Random) =>
  random.pick(models as unknown as readonly [(typeof models)[number], ...typeof models]);

/** Whatever clients may do with any machines, in one transaction. */
export function randomTransaction(random: Random, known: Known): Transaction {
  const operations = (max: number): Operation[] =>
    Array.from({ length: random.below(max + 1) }, (_, place) =>
      anyModel(random).operation(random, { ...known, value: `${known.value}.${place}` }),
    );
  const condition = (): Condition | undefined => anyModel(random).condition(random, known);
  const compare = random.chance(0.4) ? [condition(), condition()] : [];
  return {
    compare: compare.flatMap(one => one ?? []),
    success: operations(4),
    failure: compare.length > 0 ? operations(2) : [],
  };
}

/** Something that may be asked of any machine. */
export const randomQuestion = (random: Random, known: Known) =>
  anyModel(random).question(random, known);
