import { MalformedBytes } from '../../codec/byte-reader.ts';
import { decode, encode } from '../../codec/shape.ts';
import { firstCommandLevel, mebibyte } from '../../words.ts';
import { Draft, type Moment, type States } from '../draft.ts';
import { isOldCommand } from '../legacy/old-command.ts';
import { applyOld, createOldState, type OldState } from '../legacy/old-state.ts';
import { upgraded } from '../legacy/upgrade.ts';
import { machines } from '../machines.ts';
import { knownLevel, type Transaction, transact } from '../transaction.ts';
import { type Command, type CommandItem, decodeCommand, type Idempotency } from './command.ts';
import {
  createIdempotencyKeys,
  earlierUse,
  type IdempotencyKeys,
  type IdempotencyLimits,
  isFull,
  makeRoom,
  rememberUse,
  windowMs,
} from './idempotency-keys.ts';
import { advanced, type LogClock, stoppedClock } from './log-clock.ts';
import { type Result, transactionResultShape } from './result.ts';
import {
  createSessions,
  earlierAnswer,
  forgetAnswers,
  type KeptAnswer,
  openSession,
  rememberAnswer,
  type SessionLimits,
  type Sessions,
  useSession,
} from './sessions.ts';

/** What a server is asked to apply, and does not understand. It must not go on behind it. */
export class UnreadableEntry extends Error {
  override readonly name = 'UnreadableEntry';
}

export type StateLimits = {
  readonly sessions: SessionLimits;
  readonly idempotency: IdempotencyLimits;
  /** Things that end with one entry; the others that are due, with the next ones. */
  readonly duePerEntryMax: number;
  /** Commands up to this level are understood here: what this version knows. */
  readonly knownLevel: number;
};

/** The same on all servers of a cluster, or they would remember different things. */
export const stateLimits: StateLimits = {
  sessions: { sessionsMax: 10_000, answersMax: 10_000, valuesMaxBytes: 64 * mebibyte },
  idempotency: {
    promisedMs: 10 * 60 * 1000,
    lifetimeMs: 24 * 60 * 60 * 1000,
    maxBytes: 64 * mebibyte,
  },
  duePerEntryMax: 1000,
  knownLevel,
};

/** A log entry as the machines see it. */
export type AppliedEntry = {
  readonly index: number;
  readonly term: number;
  readonly wallMs: number;
  readonly kind: 'noop' | 'command';
  readonly payload: Uint8Array;
};

/** Everything that stands on the log: a function of its entries and of nothing else. */
export type ReplicatedState = {
  appliedIndex: number;
  /** Commands up to this level are understood by all members; 0: it is of before. */
  level: number;
  /** The state of before, until all members can read what is new: all else is empty then. */
  old: OldState | undefined;
  clock: LogClock;
  /** The last number that was given out to a lease or to whoever got hold of something. */
  token: number;
  states: States;
  readonly limits: StateLimits;
  readonly sessions: Sessions;
  readonly idempotency: IdempotencyKeys;
};

export const createReplicatedState = (limits: StateLimits = stateLimits): ReplicatedState => ({
  appliedIndex: 0,
  level: firstCommandLevel,
  old: undefined,
  clock: stoppedClock,
  token: 0,
  states: Object.fromEntries(machines.map(({ slot }) => [slot.name, slot.create()])),
  limits,
  sessions: createSessions(limits.sessions),
  idempotency: createIdempotencyKeys(limits.idempotency),
});

/** The state becomes another one, for everybody who holds it. */
export const replaceState = (state: ReplicatedState, by: ReplicatedState): void => {
  Object.assign(state, by);
};

/** What an entry has done for one caller: the session and sequence that wait for the answer. */
export type Outcome = {
  readonly session: number;
  readonly sequence: number;
  readonly result: Result;
  /** False for a repeated transaction, and for one that could not be done. */
  readonly hadEffect: boolean;
};

/**
 * Applies the next entry of the log. Entries come in order, each once. Throws UnreadableEntry for
 * what this version does not understand: to skip it would part the states of servers in silence.
 */
export function applyEntry(state: ReplicatedState, entry: AppliedEntry): readonly Outcome[] {
  if (entry.kind === 'noop') {
    state.appliedIndex = entry.index;
    return [];
  }
  if (isOldCommand(entry.payload)) return applyToOld(state, entry);
  const command = commandOf(entry, state.limits);
  state.appliedIndex = entry.index;
  if (state.old !== undefined) return beforeUpgrade(state, state.old, entry, command);
  passTime(state, entry);
  switch (command.type) {
    case 'openSession':
      openSession(state.sessions, entry.index);
      return [];
    case 'tick':
      tick(state, entry, command);
      return [];
    case 'raiseLevel':
      state.level = Math.max(state.level, command.level);
      return [];
    case 'transact':
      return transactAll(state, entry, command);
  }
}

function commandOf({ index, payload }: AppliedEntry, limits: StateLimits): Command {
  try {
    const command = decodeCommand(payload);
    if (command.type !== 'raiseLevel' || command.level <= limits.knownLevel) return command;
    throw new MalformedBytes(`it begins level ${command.level} of the commands`);
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    throw new UnreadableEntry(
      `entry ${index} of the log cannot be understood by this version, which knows the commands ` +
        `up to level ${limits.knownLevel} (${error.message}); start a newer version here`,
    );
  }
}

/** A log that begins with what is of before makes a state of before. */
function applyToOld(state: ReplicatedState, entry: AppliedEntry): readonly Outcome[] {
  const isUntouched = state.clock === stoppedClock && state.token === 0;
  if (state.old === undefined && !isUntouched) {
    throw new UnreadableEntry(
      `entry ${entry.index} of the log was written by a version of before 0.2, behind entries of ` +
        'a newer one: a server of the old version is among the members still',
    );
  }
  state.old ??= createOldState();
  state.level = 0;
  state.appliedIndex = entry.index;
  const outcome = applyOld(state.old, entry);
  return outcome === undefined ? [] : [{ ...outcome, result: { type: 'sessionExpired' } }];
}

/**
 * What is new has no effect on a state of before, just as at a server of the old version, which
 * may be a member still and skips it; but for the entry with which all members become new ones.
 */
function beforeUpgrade(
  state: ReplicatedState,
  old: OldState,
  entry: AppliedEntry,
  command: Command,
): readonly Outcome[] {
  if (command.type === 'raiseLevel') {
    old.clock = advanced(old.clock, entry);
    become(state, old, command.level);
  }
  if (command.type !== 'transact') return [];
  const { session, items } = command;
  const result = { type: 'sessionExpired' } as const;
  return items.map(({ sequence }) => ({ session, sequence, result, hadEffect: false }));
}

/** Makes a state of before one of today, at the entry that was applied last. */
export function upgrade(state: ReplicatedState): void {
  if (state.old !== undefined) become(state, state.old, firstCommandLevel);
}

function become(state: ReplicatedState, old: OldState, level: number): void {
  const { clock, token, states, idempotency } = upgraded(old, state.appliedIndex);
  replaceState(state, {
    ...createReplicatedState(state.limits),
    ...{ appliedIndex: state.appliedIndex, level, clock, token, states },
    idempotency: { ...createIdempotencyKeys(state.limits.idempotency), ...idempotency },
  });
}

const momentOf = ({ clock }: ReplicatedState, entry: AppliedEntry, item: number): Moment => ({
  term: entry.term,
  index: entry.index,
  item,
  nowMs: clock.nowMs,
});

const draftOf = (state: ReplicatedState, at: Moment): Draft => new Draft(at, state, endLease);

function endLease(draft: Draft, lease: number): void {
  for (const { leaseEnded } of machines) leaseEnded(draft, lease);
}

function keep(state: ReplicatedState, draft: Draft): void {
  const { states, token } = draft.commit();
  state.states = states;
  state.token = token;
}

/** Time passes with every command; what has ended by then, the command does not see. */
function passTime(state: ReplicatedState, entry: AppliedEntry): void {
  state.clock = advanced(state.clock, entry);
  let left = state.limits.duePerEntryMax;
  for (const { slot, due } of machines) {
    const nextMs = due.nextMs(state.states[slot.name] ?? {});
    if (nextMs === undefined || nextMs > state.clock.nowMs || left <= 0) continue;
    const draft = draftOf(state, momentOf(state, entry, 0));
    left -= due.end(draft, left);
    keep(state, draft);
  }
}

/** Log time at which the next thing is due in any machine. */
export function nextDueMs({ states }: ReplicatedState): number | undefined {
  let earliestMs: number | undefined;
  for (const { slot, due } of machines) {
    const dueMs = due.nextMs(states[slot.name] ?? {});
    if (dueMs !== undefined && dueMs < (earliestMs ?? Infinity)) earliestMs = dueMs;
  }
  return earliestMs;
}

function tick(
  state: ReplicatedState,
  entry: AppliedEntry,
  { idempotencyMaxBytes, operations }: Extract<Command, { type: 'tick' }>,
): void {
  state.idempotency.maxBytes = idempotencyMaxBytes ?? state.idempotency.maxBytes;
  if (operations.length === 0) return;
  const draft = draftOf(state, momentOf(state, entry, 0));
  const { type } = transact(draft, { compare: [], success: operations, failure: [] });
  if (type === 'done') keep(state, draft);
}

function transactAll(
  state: ReplicatedState,
  entry: AppliedEntry,
  { session, ackedBelow, items }: Extract<Command, { type: 'transact' }>,
): readonly Outcome[] {
  useSession(state.sessions, session);
  const outcomes = items.map((item, place) => {
    const { result, hadEffect } = transactOnce(state, entry, { session, item, place });
    return { session, sequence: item.sequence, result, hadEffect };
  });
  forgetAnswers(state.sessions, session, ackedBelow);
  return outcomes;
}

type Effect = { readonly result: Result; readonly hadEffect: boolean };

/** Under its sequence it counts once in the session; under its key, once in the cluster. */
function transactOnce(
  state: ReplicatedState,
  entry: AppliedEntry,
  { session, item, place }: { readonly session: number; item: CommandItem; place: number },
): Effect {
  const { sessions } = state;
  const earlier = earlierAnswer(sessions, session, item.sequence);
  if (earlier !== undefined) return { result: earlier, hadEffect: false };
  const use = repeatedUse(state, item.idempotency);
  const draft = draftOf(state, momentOf(state, entry, place));
  const result = use?.result ?? transactUnderKey(state, draft, item);
  // What comes out of the idempotency keys is a copy, with all the values in it.
  const valueBytes = use === undefined ? draft.answerBytes : use.answerBytes;
  const kept: KeptAnswer = { result, valueBytes };
  rememberAnswer(sessions, session, item.sequence, kept);
  return { result, hadEffect: use === undefined && result.type !== 'aborted' };
}

/** The answer when the person's key was used before, or there is no room for it. */
function repeatedUse(
  { idempotency: keys, clock: { nowMs } }: ReplicatedState,
  idempotency: Idempotency | undefined,
): { readonly result: Result; readonly answerBytes: number } | undefined {
  if (idempotency === undefined) return undefined;
  const use = earlierUse(keys, idempotency.key, idempotency.fingerprint, nowMs);
  if (use === undefined) {
    makeRoom(keys, nowMs);
    return isFull(keys, nowMs)
      ? { result: { type: 'idempotencyFull' }, answerBytes: 0 }
      : undefined;
  }
  if (!use.isSame) return { result: { type: 'keyReused' }, answerBytes: 0 };
  const { term, index, answer } = use;
  const replay = { term, index, isReplay: true, windowMs: windowMs(keys, nowMs) };
  const result = decode(transactionResultShape, answer);
  return { result: { type: 'remembered', result, ...replay }, answerBytes: answer.length };
}

/** What could not be done is not remembered under its key: tried again, it may be done. */
function transactUnderKey(
  state: ReplicatedState,
  draft: Draft,
  {
    transaction,
    idempotency,
  }: { readonly transaction: Transaction; idempotency: Idempotency | undefined },
): Result {
  const result = transact(draft, transaction);
  if (result.type === 'aborted') return result;
  keep(state, draft);
  if (idempotency === undefined) return result;
  const { term, index, nowMs } = draft.at;
  const answer = encode(transactionResultShape, result);
  rememberUse(state.idempotency, idempotency, { term, index, atMs: nowMs, answer });
  const window = windowMs(state.idempotency, nowMs);
  return { type: 'remembered', result, term, index, isReplay: false, windowMs: window };
}
