import { decodeCommand, type Put } from './command.ts';
import {
  createIdempotencyKeys,
  earlierUse,
  type IdempotencyKeys,
  rememberUse,
} from './idempotency-keys.ts';
import { appendBatch, createJournal, type Journal } from './journal.ts';
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
  readonly rememberedBatchesMax: number;
  readonly idempotencyKeysMax: number;
  readonly idempotencyKeyLifetimeMs: number;
};

/** The same on all servers of a cluster, or they would remember different things. */
export const stateLimits: StateLimits = {
  sessionsMax: 10_000,
  answersPerSessionMax: 10_000,
  rememberedBatchesMax: 100_000,
  idempotencyKeysMax: 100_000,
  idempotencyKeyLifetimeMs: 24 * 60 * 60 * 1000,
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
  readonly sessions: Sessions;
  readonly keys: IdempotencyKeys;
  readonly journal: Journal;
};

export function createReplicatedState(limits: StateLimits = stateLimits): ReplicatedState {
  return {
    appliedIndex: 0,
    sessions: createSessions({
      sessionsMax: limits.sessionsMax,
      answersMax: limits.answersPerSessionMax,
    }),
    keys: createIdempotencyKeys({
      keysMax: limits.idempotencyKeysMax,
      lifetimeMs: limits.idempotencyKeyLifetimeMs,
    }),
    journal: createJournal(limits.rememberedBatchesMax),
  };
}

/** What an entry has done, and for whom: the session and sequence that wait for the answer. */
export type Outcome = {
  readonly result: Result;
  readonly waiter: { readonly session: number; readonly sequence: number } | undefined;
};

/** Applies the next entry of the log. Entries come in order, each once. */
export function applyEntry(state: ReplicatedState, entry: AppliedEntry): Outcome | undefined {
  state.appliedIndex = entry.index;
  if (entry.kind === 'noop') return undefined;
  const command = decodeCommand(entry.payload);
  if (command === undefined) return { result: { kind: 'malformed' }, waiter: undefined };
  if (command.kind === 'openSession') {
    openSession(state.sessions, entry.index);
    return { result: { kind: 'sessionOpened', session: entry.index }, waiter: undefined };
  }
  const { session, sequence } = command;
  return { result: applyPut(state, entry, command), waiter: { session, sequence } };
}

function applyPut(state: ReplicatedState, entry: AppliedEntry, put: Put): Result {
  const earlier = earlierAnswer(state.sessions, put.session, put.sequence);
  if (earlier !== undefined) {
    state.journal.withoutEffect.push(entry.index);
    return earlier.kind === 'appended' ? { ...earlier, isReplay: true } : earlier;
  }
  const result = underKey(state, entry, put) ?? append(state, entry, put);
  rememberAnswer(state.sessions, put.session, put, result);
  return result;
}

/** The answer when the person's key was used before. */
function underKey(state: ReplicatedState, entry: AppliedEntry, put: Put): Result | undefined {
  if (put.idempotencyKey === undefined) return undefined;
  const use = earlierUse(state.keys, put.idempotencyKey, entry.wallMs);
  if (use === undefined) return undefined;
  state.journal.withoutEffect.push(entry.index);
  const { placement } = use;
  return use.fingerprint === (put.fingerprint ?? '')
    ? { kind: 'appended', placement, isReplay: true }
    : { kind: 'keyConflict', placement };
}

function append(state: ReplicatedState, entry: AppliedEntry, put: Put): Result {
  const placement = appendBatch(state.journal, put, entry);
  if (put.idempotencyKey !== undefined) {
    const fingerprint = put.fingerprint ?? '';
    rememberUse(state.keys, put.idempotencyKey, { fingerprint, placement, wallMs: entry.wallMs });
  }
  return { kind: 'appended', placement, isReplay: false };
}
