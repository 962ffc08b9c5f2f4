import type { Result } from './result.ts';

/** Sessions and answers beyond these are forgotten, the longest unused first. */
export type SessionLimits = { readonly sessionsMax: number; readonly answersMax: number };

type Session = {
  /** Answers by sequence, in the order of the log. */
  readonly answers: Map<number, Result>;
  /** Sequences below this one are no longer known. */
  floor: number;
};

/**
 * The frames in which a command that was sent twice takes effect once (Raft dissertation §6.3).
 * The order of the map is the order of last use in the log, so all servers forget the same ones.
 */
export type Sessions = { readonly limits: SessionLimits; readonly byId: Map<number, Session> };

export const createSessions = (limits: SessionLimits): Sessions => ({ limits, byId: new Map() });

export function openSession(sessions: Sessions, id: number): void {
  sessions.byId.set(id, { answers: new Map(), floor: 0 });
  if (sessions.byId.size <= sessions.limits.sessionsMax) return;
  const [oldest] = sessions.byId.keys();
  if (oldest !== undefined) sessions.byId.delete(oldest);
}

/** The answer that the sequence has had already; undefined when the command is new. */
export function earlierAnswer(
  sessions: Sessions,
  id: number,
  sequence: number,
): Result | undefined {
  const session = sessions.byId.get(id);
  if (session === undefined) return { kind: 'sessionExpired' };
  sessions.byId.delete(id);
  sessions.byId.set(id, session);
  if (sequence < session.floor) return { kind: 'sessionExpired' };
  return session.answers.get(sequence);
}

/** Keeps the answer for retries, and drops those that the client says it needs no more. */
export function rememberAnswer(
  sessions: Sessions,
  id: number,
  command: { readonly sequence: number; readonly ackedBelow: number },
  answer: Result,
): void {
  const session = sessions.byId.get(id);
  if (session === undefined) return;
  session.answers.set(command.sequence, answer);
  session.floor = Math.max(session.floor, Math.min(command.ackedBelow, command.sequence));
  for (const sequence of session.answers.keys()) {
    const isOver = session.answers.size > sessions.limits.answersMax;
    if (sequence >= session.floor && !isOver) break;
    session.answers.delete(sequence);
    session.floor = Math.max(session.floor, sequence + 1);
  }
}
