import { count, fields, list } from '../../codec/shapes.ts';
import { kept, type PartRule } from '../machine.ts';
import { type Result, resultShape } from './result.ts';

/** Sessions and answers beyond these are forgotten, the longest unused first. */
export type SessionLimits = {
  readonly sessionsMax: number;
  /** Of one session. */
  readonly answersMax: number;
  /** Of the values in the answers of all sessions. */
  readonly valuesMaxBytes: number;
};

/** An answer that may be asked for again, and how many bytes of values it carries. */
export type KeptAnswer = { readonly result: Result; readonly valueBytes: number };

type Session = {
  /** Answers by sequence, in the order of the log. */
  readonly answers: Map<number, KeptAnswer>;
  /** Sequences below this one are no longer known. */
  floor: number;
  /** Of the values in its answers. */
  valueBytes: number;
};

/**
 * The frames in which a command that was sent twice takes effect once (Raft dissertation §6.3).
 * The order of the map is the order of last use in the log, so all servers forget the same ones.
 */
export type Sessions = {
  readonly limits: SessionLimits;
  readonly byId: Map<number, Session>;
  valueBytes: number;
};

export const createSessions = (limits: SessionLimits): Sessions => ({
  limits,
  byId: new Map(),
  valueBytes: 0,
});

export function openSession(sessions: Sessions, id: number, floor = 0): void {
  sessions.byId.set(id, { answers: new Map(), floor, valueBytes: 0 });
  if (sessions.byId.size <= sessions.limits.sessionsMax) return;
  const [oldest] = sessions.byId;
  if (oldest === undefined) return;
  sessions.byId.delete(oldest[0]);
  sessions.valueBytes -= oldest[1].valueBytes;
}

/** The session is in use; false when it is forgotten. */
export function useSession(sessions: Sessions, id: number): boolean {
  const session = sessions.byId.get(id);
  if (session === undefined) return false;
  sessions.byId.delete(id);
  sessions.byId.set(id, session);
  return true;
}

/** The answer that the sequence has had already; undefined when the command is new. */
export function earlierAnswer(
  sessions: Sessions,
  id: number,
  sequence: number,
): Result | undefined {
  const session = sessions.byId.get(id);
  if (session === undefined || sequence < session.floor) return { type: 'sessionExpired' };
  return session.answers.get(sequence)?.result;
}

/** Keeps the answer for retries. */
export function rememberAnswer(
  sessions: Sessions,
  id: number,
  sequence: number,
  answer: KeptAnswer,
): void {
  const session = sessions.byId.get(id);
  if (session === undefined) return;
  session.answers.set(sequence, answer);
  session.valueBytes += answer.valueBytes;
  sessions.valueBytes += answer.valueBytes;
}

/** Drops what the client needs no more, and what is too much. */
export function forgetAnswers(sessions: Sessions, id: number, ackedBelow: number): void {
  const session = sessions.byId.get(id);
  if (session === undefined) return;
  session.floor = Math.max(session.floor, ackedBelow);
  for (const sequence of session.answers.keys()) {
    const isOver = session.answers.size > sessions.limits.answersMax;
    if (sequence >= session.floor && !isOver) break;
    dropAnswer(sessions, session, sequence);
  }
  forgetValues(sessions);
}

function dropAnswer(sessions: Sessions, session: Session, sequence: number): void {
  const { valueBytes = 0 } = session.answers.get(sequence) ?? {};
  session.answers.delete(sequence);
  session.valueBytes -= valueBytes;
  sessions.valueBytes -= valueBytes;
  session.floor = Math.max(session.floor, sequence + 1);
}

/** Values are kept as far as there is room; the longest unused sessions lose theirs first. */
function forgetValues(sessions: Sessions): void {
  for (const session of sessions.byId.values()) {
    if (sessions.valueBytes <= sessions.limits.valuesMaxBytes) return;
    if (session.valueBytes === 0) continue;
    for (const sequence of session.answers.keys()) dropAnswer(sessions, session, sequence);
  }
}

const answerRow = fields({ sequence: count(), valueBytes: count(), result: resultShape });

/** One row for each session, the longest unused first. */
export const sessionsPart = (limits: SessionLimits): PartRule<Sessions> =>
  kept({
    row: fields({ id: count(), floor: count(), answers: list(answerRow) }),
    capture: ({ byId }) =>
      [...byId].map(([id, { floor, answers }]) => ({
        id,
        floor,
        answers: [...answers].map(([sequence, answer]) => ({ sequence, ...answer })),
      })),
    restore: rows => {
      const sessions = createSessions(limits);
      for (const { id, floor, answers } of rows) {
        openSession(sessions, id, floor);
        for (const { sequence, ...answer } of answers) {
          rememberAnswer(sessions, id, sequence, answer);
        }
      }
      return sessions;
    },
  });
