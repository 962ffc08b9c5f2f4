import { advanced, type LogClock, stoppedClock } from '../machines/frame/log-clock.ts';
import { applyTransaction } from './apply-transaction.ts';
import { decodeCommand, type Put, type SessionCommand, type Transact } from './command.ts';
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
import { appendBatch, createJournal, type Journal } from './journal.ts';
import {
  commitContents,
  createKeyValues,
  expire,
  type HistoryLimits,
  type KeyValues,
} from './key-values.ts';
import type { Result } from './result.ts';
import {
  createSessions,
  earlierAnswer,
  openSession,
  rememberAnswer,
  type Sessions,
} from './sessions.ts';

export type StateLimits = {
  readonly sessionsMax: number;
  readonly answersPerSessionMax: number;
  readonly answerValuesMaxBytes: number;
  readonly rememberedBatchesMax: number;
  readonly idempotency: IdempotencyLimits;
  /** How much of the past of the keys can be read and watched. */
  readonly history: HistoryLimits;
  /** Keys and locks that go with one entry; the others that are due, with the next ones. */
  readonly expiredPerEntryMax: number;
};

/** The same on all servers of a cluster, or they would remember different things. */
export const stateLimits: StateLimits = {
  sessionsMax: 10_000,
  answersPerSessionMax: 10_000,
  answerValuesMaxBytes: 64 * 1024 * 1024,
  rememberedBatchesMax: 100_000,
  idempotency: {
    promisedMs: 10 * 60 * 1000,
    lifetimeMs: 24 * 60 * 60 * 1000,
    maxBytes: 64 * 1024 * 1024,
  },
  history: { versionsMax: 10_000, changesMax: 20_000, bytesMax: 64 * 1024 * 1024 },
  expiredPerEntryMax: 1000,
};

/** The state becomes another one, for everybody who holds it. */
export const replaceState = (state: ReplicatedState, by: ReplicatedState): void => {
  Object.assign(state, by);
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
  clock: LogClock;
  readonly expiredPerEntryMax: number;
  readonly sessions: Sessions;
  readonly keys: IdempotencyKeys;
  readonly journal: Journal;
  readonly keyValues: KeyValues;
};

export function createReplicatedState(limits: StateLimits = stateLimits): ReplicatedState {
  return {
    appliedIndex: 0,
    clock: stoppedClock,
    expiredPerEntryMax: limits.expiredPerEntryMax,
    sessions: createSessions({
      sessionsMax: limits.sessionsMax,
      answersMax: limits.answersPerSessionMax,
      valuesMaxBytes: limits.answerValuesMaxBytes,
    }),
    keys: createIdempotencyKeys(limits.idempotency),
    journal: createJournal(limits.rememberedBatchesMax),
    keyValues: createKeyValues(limits.history),
  };
}

/** What an entry has done, and for whom: the session and sequence that wait for the answer. */
export type Outcome = {
  readonly result: Result;
  readonly waiter: { readonly session: number; readonly sequence: number } | undefined;
  /** False for a repeated command, for one that could not be done, and for what is none. */
  readonly hadEffect: boolean;
};

/** Applies the next entry of the log. Entries come in order, each once. */
export function applyEntry(state: ReplicatedState, entry: AppliedEntry): Outcome | undefined {
  state.appliedIndex = entry.index;
  if (entry.kind === 'noop') return undefined;
  const command = decodeCommand(entry.payload);
  if (command === undefined) return { ...without({ kind: 'malformed' }), hadEffect: false };
  passTime(state, entry);
  if (command.kind === 'tick') {
    state.keys.maxBytes = command.idempotencyMaxBytes ?? state.keys.maxBytes;
    return without({ kind: 'ticked' });
  }
  if (command.kind === 'openSession') {
    openSession(state.sessions, entry.index);
    return without({ kind: 'sessionOpened', session: entry.index });
  }
  const { session, sequence } = command;
  const waiter = { session, sequence };
  const earlier = earlierAnswer(state.sessions, session, sequence);
  if (earlier !== undefined) {
    if (mayAppend(command)) state.journal.withoutEffect.push(entry.index);
    const result = earlier.kind === 'appended' ? { ...earlier, isReplay: true } : earlier;
    return { result, waiter, hadEffect: false };
  }
  const result = applyOnce(state, entry, command);
  rememberAnswer(state.sessions, session, command, result);
  const isReplay = result.kind === 'appended' && result.isReplay;
  return { result, waiter, hadEffect: !isReplay && !refusals.has(result.kind) };
}

/** Answers to commands that have changed nothing. */
const refusals: ReadonlySet<Result['kind']> = new Set([
  'keyConflict',
  'idempotencyFull',
  'aborted',
]);

/** Nobody in a session waits for it. */
const without = (result: Result): Outcome => ({ result, waiter: undefined, hadEffect: true });

/** Time passes with every command; what is past its end then, the command does not see. */
function passTime(state: ReplicatedState, entry: AppliedEntry): void {
  state.clock = advanced(state.clock, entry);
  const at = { revision: entry.index, nowMs: state.clock.nowMs };
  expire(state.keyValues, at, state.expiredPerEntryMax);
}

const applyOnce = (state: ReplicatedState, entry: AppliedEntry, command: SessionCommand): Result =>
  command.kind === 'put'
    ? (underKey(state, entry, command) ?? append(state, entry, command))
    : transact(state, entry, command);

function transact(state: ReplicatedState, entry: AppliedEntry, command: Transact): Result {
  const { keyValues, journal, clock } = state;
  const { term, index: revision } = entry;
  const place = { term, index: revision, nowMs: clock.nowMs };
  const outcome = applyTransaction(keyValues, journal, command, place);
  if (outcome.type === 'aborted') {
    if (mayAppend(command)) journal.withoutEffect.push(revision);
    return { kind: 'aborted', revision, place: outcome.place, reason: outcome.reason };
  }
  const { succeeded, answers, contents, changed } = outcome;
  const hasAppended = answers.some(({ op }) => op === 'appended');
  if (hasAppended && !succeeded) journal.failureTaken.push(revision);
  if (!hasAppended && mayAppend(command)) journal.withoutEffect.push(revision);
  commitContents(keyValues, { revision, nowMs: clock.nowMs }, contents, changed);
  return { kind: 'transacted', revision, succeeded, answers };
}

/** Whether a reader of the log would take it for a batch of the journal. */
const mayAppend = (command: SessionCommand): boolean =>
  command.kind === 'put' ||
  [...command.success, ...command.failure].some(({ op }) => op === 'append');

/** The answer when the person's key was used before, or there is no room for it. */
function underKey(state: ReplicatedState, entry: AppliedEntry, put: Put): Result | undefined {
  const { keys, clock, journal } = state;
  const { idempotencyKey, fingerprint = '' } = put;
  if (idempotencyKey === undefined) return undefined;
  const use = earlierUse(keys, idempotencyKey, fingerprint, clock.nowMs);
  if (use === undefined) {
    makeRoom(keys, clock.nowMs);
    if (!isFull(keys, clock.nowMs)) return undefined;
    journal.withoutEffect.push(entry.index);
    return { kind: 'idempotencyFull' };
  }
  journal.withoutEffect.push(entry.index);
  const { placement, isSame } = use;
  return isSame
    ? { kind: 'appended', placement, isReplay: true, windowMs: windowMs(keys, clock.nowMs) }
    : { kind: 'keyConflict', placement };
}

function append(state: ReplicatedState, entry: AppliedEntry, put: Put): Result {
  const placement = appendBatch(state.journal, put, entry);
  const appended = { kind: 'appended', placement, isReplay: false } as const;
  const { idempotencyKey, fingerprint = '' } = put;
  if (idempotencyKey === undefined) return appended;
  const { keys, clock } = state;
  rememberUse(keys, idempotencyKey, fingerprint, placement, clock.nowMs);
  return { ...appended, windowMs: windowMs(keys, clock.nowMs) };
}
