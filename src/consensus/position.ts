import type { ConfigId, LogIndex, Position, Round, Term } from './types.ts';

export const noPosition: Position = { term: 0 as Term, index: 0 as LogIndex };

export const isSamePosition = (a: Position, b: Position): boolean =>
  a.term === b.term && a.index === b.index;

/** Order of logs by their last entries: negative when `a` is less up to date (Raft §5.4.1). */
export const comparePositions = (a: Position, b: Position): number =>
  a.term === b.term ? a.index - b.index : a.term - b.term;

export const compareConfigIds = (a: ConfigId, b: ConfigId): number =>
  a.term === b.term ? a.version - b.version : a.term - b.term;

export const compareRounds = (a: Round, b: Round): number =>
  a.term === b.term ? a.round - b.round : a.term - b.term;
