import type { OldResult } from './old-result.ts';

/** Sessions and answers beyond these are forgotten, the longest unused first. */
export type OldSessionLimits = {
  readonly sessionsMax: number;
  /** Of one session. */
  readonly answersMax: number;
  /** Of the values in the answers of all sessions. */
  readonly valuesMaxBytes: number;
};

export type OldSession = {
  /** Answers by sequence, in the order of the log. */
  readonly answers: Map<number, OldResult>;
  /** Sequences below this one are no longer known. */
  floor: number;
  /** Of the values in its answers. */
  valueBytes: number;
};

/**
 * The frames in which a command that was sent twice takes effect once (Raft dissertation §6.3).
 * The order of the map is the order of last use in the log, so all servers forget the same ones.
 */
export type OldSessions = {
  readonly limits: OldSessionLimits;
  readonly byId: Map<number, OldSession>;
  valueBytes: number;
};

export const createSessions = (limits: OldSessionLimits): OldSessions => ({
  limits,
  byId: new Map(),
  valueBytes: 0,
});

export function openSession(sessions: OldSessions, id: number): void {
  sessions.byId.set(id, { answers: new Map(), floor: 0, valueBytes: 0 });
  if (sessions.byId.size <= sessions.limits.sessionsMax) return;
  const [oldest] = sessions.byId;
  if (oldest === undefined) return;
  sessions.byId.delete(oldest[0]);
  sessions.valueBytes -= oldest[1].valueBytes;
}

/** The answer that the sequence has had already; undefined when the command is new. */
export function earlierAnswer(
  sessions: OldSessions,
  id: number,
  sequence: number,
): OldResult | undefined {
  const session = sessions.byId.get(id);
  if (session === undefined) return { kind: 'sessionExpired' };
  sessions.byId.delete(id);
  sessions.byId.set(id, session);
  if (sequence < session.floor) return { kind: 'sessionExpired' };
  return session.answers.get(sequence);
}

/** Keeps the answer for retries, and drops those that the client says it needs no more. */
export function rememberAnswer(
  sessions: OldSessions,
  id: number,
  command: { readonly sequence: number; readonly ackedBelow: number },
  answer: OldResult,
): void {
  const session = sessions.byId.get(id);
  if (session === undefined) return;
  addAnswer(sessions, session, command.sequence, answer);
  session.floor = Math.max(session.floor, Math.min(command.ackedBelow, command.sequence));
  for (const sequence of session.answers.keys()) {
    const isOver = session.answers.size > sessions.limits.answersMax;
    if (sequence >= session.floor && !isOver) break;
    dropAnswer(sessions, session, sequence);
  }
  forgetValues(sessions);
}

export function addAnswer(
  sessions: OldSessions,
  session: OldSession,
  sequence: number,
  answer: OldResult,
): void {
  const bytes = valueBytesOf(answer);
  session.answers.set(sequence, answer);
  session.valueBytes += bytes;
  sessions.valueBytes += bytes;
}

function dropAnswer(sessions: OldSessions, session: OldSession, sequence: number): void {
  const bytes = valueBytesOf(session.answers.get(sequence));
  session.answers.delete(sequence);
  session.valueBytes -= bytes;
  sessions.valueBytes -= bytes;
  session.floor = Math.max(session.floor, sequence + 1);
}

/** Values are kept as far as there is room; the longest unused sessions lose theirs first. */
function forgetValues(sessions: OldSessions): void {
  for (const session of sessions.byId.values()) {
    if (sessions.valueBytes <= sessions.limits.valuesMaxBytes) return;
    if (session.valueBytes === 0) continue;
    for (const sequence of session.answers.keys()) dropAnswer(sessions, session, sequence);
  }
}

function valueBytesOf(answer: OldResult | undefined): number {
  if (answer?.kind !== 'transacted') return 0;
  return answer.answers.reduce(
    (sum, one) => sum + (one.op === 'got' ? (one.value?.length ?? 0) : 0),
    0,
  );
}
