import { encode } from '../../codec/shape.ts';
import type { Entry } from '../../consensus/types.ts';
import { type CommandItem, decodeCommand } from '../../machines/frame/command.ts';
import { advanced, type LogClock, stoppedClock } from '../../machines/frame/log-clock.ts';
import { stateLimits } from '../../machines/frame/replicated-state.ts';
import { type Result, transactionResultShape } from '../../machines/frame/result.ts';
import { bytesPerUse } from '../../machines/frame/use-table.ts';
import type { Condition, Operation } from '../../machines/machines.ts';
import type { Transaction, TransactionResult } from '../../machines/transaction.ts';
import { canonical } from './canonical.ts';
import { ModelAborted, ModelDraft, type ModelStates } from './model-draft.ts';
import { models } from './models.ts';

/** What an entry must do for one caller. */
export type ModelOutcome = {
  readonly session: number;
  readonly sequence: number;
  readonly result: Result;
  readonly hadEffect: boolean;
};

/** One transaction of an entry that has passed, with the states before and after it. */
export type ModelStep = {
  readonly isOfLeader: boolean;
  readonly before: ModelDraft;
  readonly after: ModelDraft;
};

export type ModelEntry = {
  readonly outcomes: readonly ModelOutcome[];
  readonly steps: readonly ModelStep[];
};

type Session = { floor: number; readonly answers: Map<number, Result> };
type Use = {
  readonly fingerprint: string;
  readonly result: TransactionResult;
  readonly term: number;
  readonly index: number;
};

const nothing: ModelEntry = { outcomes: [], steps: [] };

/**
 * The log as the models read it: what must come of each entry. Nothing is forgotten here, for no
 * seed lasts as long as anything is promised to be remembered.
 */
export class ModelLog {
  #now: ModelStates = {
    states: Object.fromEntries(models.map(model => [model.name, model.create()])),
    token: 0,
  };
  #clock: LogClock = stoppedClock;
  level = 1;
  readonly #history: ModelStates[] = [this.#now];
  readonly #sessions = new Map<number, Session>();
  readonly #uses = new Map<string, Use>();
  #usesBytes = 0;
  #usesMaxBytes = stateLimits.idempotency.maxBytes;

  /** Entries come in the order of the log. */
  apply(entry: Entry): ModelEntry {
    const done = entry.kind === 'noop' ? nothing : this.#command(entry);
    this.#history[entry.index] = this.#now;
    return done;
  }

  /** The states behind an entry; of the newest one, if it is not named. */
  at(index = this.#history.length - 1): ModelDraft | undefined {
    const states = this.#history[index];
    const moment = { term: 0, index, nowMs: this.#clock.nowMs };
    return states && new ModelDraft(moment, states, leaseEnded);
  }

  #command(entry: Entry): ModelEntry {
    const command = decodeCommand(entry.payload);
    this.#clock = advanced(this.#clock, entry);
    switch (command.type) {
      case 'openSession':
        this.#sessions.set(entry.index, { floor: 0, answers: new Map() });
        return nothing;
      case 'raiseLevel':
        this.level = Math.max(this.level, command.level);
        return nothing;
      case 'tick': {
        this.#usesMaxBytes = command.idempotencyMaxBytes ?? this.#usesMaxBytes;
        const transaction = { compare: [], success: command.operations, failure: [] };
        const { steps } = this.#transact(entry, transaction, true);
        return { outcomes: [], steps };
      }
      case 'transact': {
        const { session, ackedBelow, items } = command;
        const steps: ModelStep[] = [];
        const outcomes = items.map(item => {
          const { step, ...outcome } = this.#item(entry, session, item);
          if (step !== undefined) steps.push(step);
          return { session, sequence: item.sequence, ...outcome };
        });
        const known = this.#sessions.get(session);
        if (known !== undefined) known.floor = Math.max(known.floor, ackedBelow);
        return { outcomes, steps };
      }
    }
  }

  #item(
    entry: Entry,
    session: number,
    item: CommandItem,
  ): { readonly result: Result; readonly hadEffect: boolean; readonly step?: ModelStep } {
    const known = this.#sessions.get(session);
    if (known === undefined || item.sequence < known.floor) {
      return { result: { type: 'sessionExpired' }, hadEffect: false };
    }
    const earlier = known.answers.get(item.sequence);
    if (earlier !== undefined) return { result: earlier, hadEffect: false };
    const repeated = this.#repeated(item);
    if (repeated !== undefined) {
      known.answers.set(item.sequence, repeated);
      return { result: repeated, hadEffect: false };
    }
    const { result: done, steps } = this.#transact(entry, item.transaction, false);
    const [step] = steps;
    const result = step === undefined ? done : this.#remembered(entry, item, done);
    known.answers.set(item.sequence, result);
    return { result, hadEffect: step !== undefined, ...(step && { step }) };
  }

  #repeated({ idempotency }: CommandItem): Result | undefined {
    if (idempotency === undefined) return undefined;
    const use = this.#uses.get(idempotency.key);
    if (use === undefined) {
      const neededBytes = this.#usesBytes + bytesPerUse;
      return neededBytes > this.#usesMaxBytes ? { type: 'idempotencyFull' } : undefined;
    }
    const { fingerprint, ...where } = use;
    if (fingerprint !== idempotency.fingerprint) return { type: 'keyReused' };
    return { type: 'remembered', ...where, isReplay: true, windowMs };
  }

  #remembered(
    { term, index }: Entry,
    { idempotency }: CommandItem,
    result: TransactionResult,
  ): Result {
    if (idempotency === undefined) return result;
    const { key, fingerprint } = idempotency;
    this.#uses.set(key, { fingerprint, result, term, index });
    this.#usesBytes += bytesPerUse + encode(transactionResultShape, result).length;
    return { type: 'remembered', result, term, index, isReplay: false, windowMs };
  }

  /** All of it or nothing: then there is no step. */
  #transact(
    { term, index }: Entry,
    transaction: Transaction,
    isOfLeader: boolean,
  ): { readonly result: TransactionResult; readonly steps: readonly ModelStep[] } {
    const moment = { term, index, nowMs: this.#clock.nowMs };
    const before = new ModelDraft(moment, this.#now, leaseEnded);
    const draft = new ModelDraft(moment, this.#now, leaseEnded);
    const result = resultOf(draft, transaction);
    if (result.type === 'aborted') return { result, steps: [] };
    const after = new ModelDraft(moment, draft, leaseEnded);
    for (const model of models) model.passed(after);
    this.#now = { states: after.states, token: after.token };
    // What was posted is seen in the draft, and no more behind it.
    return { result, steps: [{ isOfLeader, before, after: draft }] };
  }
}

const { lifetimeMs: windowMs } = stateLimits.idempotency;

function leaseEnded(draft: ModelDraft, lease: number): void {
  for (const model of models) model.leaseEnded(draft, lease);
}

const modelOf = (name: string) => {
  const model = models.find(one => name.startsWith(`${one.name}.`));
  if (model === undefined) throw new RangeError(`no model knows ${name}`);
  return model;
};

function resultOf(draft: ModelDraft, { compare, success, failure }: Transaction) {
  const succeeded = compare.every(condition => holds(draft, condition));
  const answers: object[] = [];
  try {
    for (const operation of succeeded ? success : failure) {
      answers.push({ ...operate(draft, operation), op: operation.op });
    }
  } catch (error) {
    if (!(error instanceof ModelAborted)) throw error;
    return { type: 'aborted', place: answers.length, reason: error.reason } as const;
  }
  return { type: 'done', succeeded, answers } as TransactionResult;
}

const holds = (draft: ModelDraft, condition: Condition): boolean =>
  modelOf(condition.on).conditions[condition.on]?.(draft, condition as never) ?? false;

const operate = (draft: ModelDraft, operation: Operation): object =>
  modelOf(operation.op).operations[operation.op]?.(draft, operation as never) ?? {};

/** What the answer to a query must be; undefined when no model says. */
export const answerOf = (draft: ModelDraft, name: string, query: object): unknown =>
  modelOf(name).queries[name]?.(draft, query as never);

export const outcomesText = (outcomes: readonly ModelOutcome[]): string =>
  canonical(
    outcomes.map(({ session, sequence, result, hadEffect }) => ({
      ...{ session, sequence, result, hadEffect },
    })),
  );
