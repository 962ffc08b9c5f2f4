import { decode, encode, type Shape } from '../../src/codec/shape.ts';
import { Aborted, Draft, type States } from '../../src/machines/draft.ts';
import { keys } from '../../src/machines/keys/keys.ts';
import { leases } from '../../src/machines/leases/leases.ts';
import type { DerivedRule, Machine, PartRule, QueryView } from '../../src/machines/machine.ts';

/** The machines under test; what each knows of the others goes through drafts. */
const machines: readonly Machine[] = [keys, leases];

type Part = PartRule<unknown> | DerivedRule<object, unknown>;
/** The rows of each part that is kept, as bytes. */
export type Captured = Readonly<Record<string, readonly string[]>>;

/** Some machines without a log: one transaction after the other, and what they make of the state. */
export class Stage {
  states: States = Object.fromEntries(machines.map(({ name, slot }) => [name, slot.create()]));
  token = 0;
  nowMs = 0;
  #index = 0;

  /** One transaction: its result, or the reason why it had no effect. */
  run<Result>(body: (draft: Draft) => Result): Result | string {
    this.#index += 1;
    const at = { term: 1, index: this.#index, item: 0, nowMs: this.nowMs };
    const draft = new Draft(at, this, (one, lease) => {
      for (const { leaseEnded } of machines) leaseEnded(one, lease);
    });
    try {
      const result = body(draft);
      const { states, token } = draft.commit();
      this.states = states;
      this.token = token;
      return result;
    } catch (error) {
      if (error instanceof Aborted) return error.reason;
      throw error;
    }
  }

  /** One that must pass. */
  do<Result extends object>(body: (draft: Draft) => Result): Result {
    const result = this.run(body);
    if (typeof result === 'string') throw new Error(result);
    return result;
  }

  get keys(): ReturnType<typeof keys.slot.create> {
    return this.states[keys.name] as ReturnType<typeof keys.slot.create>;
  }

  get leases(): ReturnType<typeof leases.slot.create> {
    return this.states[leases.name] as ReturnType<typeof leases.slot.create>;
  }

  capture(): Captured {
    const all: Record<string, string[]> = {};
    for (const { name, parts } of machines) {
      for (const [part, rule] of Object.entries(parts) as [string, Part][]) {
        if (!('capture' in rule)) continue;
        const value = (this.states[name] as Record<string, unknown>)[part];
        all[`${name}.${part}`] = [...rule.capture(value)].map(row => bytesOf(rule.row, row));
      }
    }
    return all;
  }

  /** Another stage that goes on from a capture. */
  static restored(captured: Captured, { token, nowMs }: Pick<Stage, 'token' | 'nowMs'>): Stage {
    const stage = new Stage();
    stage.token = token;
    stage.nowMs = nowMs;
    const states: Record<string, object> = {};
    for (const { name, parts } of machines) states[name] = stateOf(name, parts, captured);
    stage.states = states;
    return stage;
  }
}

function stateOf(name: string, parts: Machine['parts'], captured: Captured): object {
  const state: Record<string, unknown> = {};
  const rules = Object.entries(parts) as [string, Part][];
  for (const [part, rule] of rules) {
    if (!('restore' in rule)) continue;
    const rows = captured[`${name}.${part}`] ?? [];
    state[part] = rule.restore(rows.map(row => decode(rule.row, Buffer.from(row, 'latin1'))));
  }
  for (const [part, rule] of rules) if ('derive' in rule) state[part] = rule.derive(state);
  return state;
}

const bytesOf = (shape: Shape<unknown>, row: unknown): string =>
  encode(shape, row).toString('latin1');

/** Who asks does not lead, or knows nothing of what is left. */
export const blindView: QueryView = { nowMs: 0, leaseRemainingMs: () => undefined };

/** All that a query of keys may ask for, but which keys and how many: the newest, as they stand. */
export const plainQuery = {
  revision: 0,
  withValues: true,
  countOnly: false,
  sort: 'key',
  isDescending: false,
  createdFrom: 0,
  createdThrough: 0,
  modifiedFrom: 0,
  modifiedThrough: 0,
} as const;
