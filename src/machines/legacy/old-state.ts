import { advanced, type LogClock, stoppedClock } from '../frame/log-clock.ts';
import { hashOf } from '../frame/text-hash.ts';
import { applyTransaction } from './old-apply-transaction.ts';
import {
  decodeOldCommand,
  type OldPut,
  type OldSessionCommand,
  type OldTransact,
} from './old-command.ts';
import { appendOld, createOldJournal, type OldJournal } from './old-journal.ts';
import { expired, noContents, type OldContents } from './old-key-values.ts';
import type { OldResult } from './old-result.ts';
import {
  createSessions,
  earlierAnswer,
  type OldSessions,
  openSession,
  rememberAnswer,
} from './old-sessions.ts';
import { addOldUse, createOldUses, mayNotUse, type OldUses } from './old-uses.ts';

/*
 * The machines as they were before there were several: what a log of version 0.1 says is applied by
 * them, unchanged, for all servers must come to the same state that all of them leave together.
 * What was left behind: the past of the keys, which nobody asks for any more.
 */

/** As they were: they are part of what the old log means. */
export type OldLimits = {
  readonly sessionsMax: number;
  readonly answersPerSessionMax: number;
  readonly answerValuesMaxBytes: number;
  readonly rememberedBatchesMax: number;
  readonly idempotency: OldUses['limits'];
  readonly expiredPerEntryMax: number;
};

export const oldLimits: OldLimits = {
  sessionsMax: 10_000,
  answersPerSessionMax: 10_000,
  answerValuesMaxBytes: 64 * 1024 * 1024,
  rememberedBatchesMax: 100_000,
  idempotency: {
    promisedMs: 10 * 60 * 1000,
    lifetimeMs: 24 * 60 * 60 * 1000,
    maxBytes: 64 * 1024 * 1024,
  },
  expiredPerEntryMax: 1000,
};

export type OldState = {
  clock: LogClock;
  readonly expiredPerEntryMax: number;
  readonly sessions: OldSessions;
  readonly uses: OldUses;
  readonly journal: OldJournal;
  contents: OldContents;
};

export const createOldState = (limits: OldLimits = oldLimits): OldState => ({
  clock: stoppedClock,
  expiredPerEntryMax: limits.expiredPerEntryMax,
  sessions: createSessions({
    sessionsMax: limits.sessionsMax,
    answersMax: limits.answersPerSessionMax,
    valuesMaxBytes: limits.answerValuesMaxBytes,
  }),
  uses: createOldUses(limits.idempotency),
  journal: createOldJournal(limits.rememberedBatchesMax),
  contents: noContents,
});

type Entry = {
  readonly index: number;
  readonly term: number;
  readonly wallMs: number;
  readonly payload: Uint8Array;
};

/** What an entry has done, and for whom; undefined when nobody waits for it. */
export type OldOutcome = {
  readonly session: number;
  readonly sequence: number;
  readonly hadEffect: boolean;
};

/** Applies the command of an entry. What is none has no effect, and no time passes with it. */
export function applyOld(state: OldState, entry: Entry): OldOutcome | undefined {
  const command = decodeOldCommand(entry.payload);
  if (command === undefined) return undefined;
  state.clock = advanced(state.clock, entry);
  state.contents = expired(state.contents, state.clock.nowMs, state.expiredPerEntryMax);
  if (command.kind === 'tick') {
    state.uses.maxBytes = command.idempotencyMaxBytes ?? state.uses.maxBytes;
    return undefined;
  }
  if (command.kind === 'openSession') {
    openSession(state.sessions, entry.index);
    return undefined;
  }
  const { session, sequence } = command;
  if (earlierAnswer(state.sessions, session, sequence) !== undefined) {
    return { session, sequence, hadEffect: false };
  }
  const result = applyOnce(state, entry, command);
  rememberAnswer(state.sessions, session, command, result);
  return { session, sequence, hadEffect: !withoutEffect.has(result.kind) };
}

const withoutEffect: ReadonlySet<OldResult['kind']> = new Set(['aborted', 'idempotencyFull']);

const applyOnce = (state: OldState, entry: Entry, command: OldSessionCommand): OldResult =>
  command.kind === 'put' ? put(state, entry, command) : transact(state, entry, command);

function transact(state: OldState, { term, index }: Entry, command: OldTransact): OldResult {
  const { contents, journal, clock } = state;
  const at = { term, index, nowMs: clock.nowMs };
  const outcome = applyTransaction(contents, journal, command, at);
  if (outcome.type === 'aborted') {
    const { place, reason } = outcome;
    return { kind: 'aborted', revision: index, place, reason };
  }
  state.contents = outcome.contents;
  const { succeeded, answers } = outcome;
  return { kind: 'transacted', revision: index, succeeded, answers };
}

/** Whatever the person's key was used for before, there it ends: what is told is of no matter. */
function put(state: OldState, entry: Entry, command: OldPut): OldResult {
  const { uses, clock, journal } = state;
  const { idempotencyKey: key } = command;
  if (key !== undefined && mayNotUse(uses, key, clock.nowMs)) return { kind: 'idempotencyFull' };
  const placement = appendOld(journal, command, entry, false);
  if (key !== undefined) addOldUse(uses, { hash: hashOf(key), placement, atMs: clock.nowMs });
  return { kind: 'appended', placement, isReplay: false };
}
