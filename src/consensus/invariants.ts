import { lastPosition, sizeOfAll, termAt } from './log.ts';
import { comparePositions } from './position.ts';
import type { Replica } from './replica.ts';
import type { NodeId, Position, Role, Term } from './types.ts';

/* For those who judge a replica from outside: simulations look at its log, too. */
export { holds, lastPosition, termAt } from './log.ts';

/** What is true of every replica at every moment; the texts of those that are violated. */
export function violationsOf(replica: Replica): string[] {
  const violations: string[] = [];
  const expect = (holds: boolean, invariant: string): void => {
    if (!holds) violations.push(invariant);
  };
  const { commit, log, role } = replica;
  const last = lastPosition(log);
  expect(last.term <= replica.term, 'I3: no entry is of a later term than the current one');
  expect(commit.index <= last.index, 'I7: the commit position lies within the log');
  expect(termAt(log, commit.index) === commit.term, 'I7: the committed entry is in the log');
  expect(replica.durableIndex <= last.index, 'I8: only what was appended is durable');
  expect(replica.applyIndex <= commit.index, 'I6: only committed entries are applied');
  expect(replica.applyIndex <= replica.durableIndex, 'only durable entries are applied');
  expect((role === 'leader') === (replica.leadership !== undefined), 'leadership is the leader’s');
  expect(
    role !== 'leader' || replica.pulling.stream === undefined,
    'I4: a leader pulls from nobody',
  );
  expect(role !== 'leader' || replica.vote === replica.identity.id, 'a leader has its own vote');
  expect(log.tailBytes === sizeOfAll(log.tail), 'the bytes of the tail are counted');
  const configTerm = replica.config?.id.term ?? 0;
  expect(configTerm <= replica.term, 'I12: no configuration is of a later term than the current');
  expect(
    role !== 'leader' || configTerm === replica.term,
    'I12: a leader’s configuration is its own',
  );
  const runs = log.runs;
  expect(
    runs.every((run, place) => place === 0 || run.term > (runs[place - 1]?.term ?? run.term)),
    'I3: terms grow from run to run',
  );
  return violations;
}

/** What is compared between two moments of one replica. */
export type Landmarks = {
  readonly term: Term;
  readonly vote: NodeId | undefined;
  readonly role: Role;
  readonly leader: NodeId | undefined;
  readonly commit: Position;
  readonly last: Position;
  readonly sequence: number;
};

export const landmarksOf = (replica: Replica): Landmarks => ({
  term: replica.term,
  vote: replica.vote,
  role: replica.role,
  leader: replica.leader,
  commit: replica.commit,
  last: lastPosition(replica.log),
  sequence: replica.ownFact.sequence,
});

/** What may never happen from one moment to a later one within the same boot. */
export function regressionsBetween(before: Landmarks, after: Landmarks): string[] {
  const violations: string[] = [];
  const expect = (holds: boolean, invariant: string): void => {
    if (!holds) violations.push(invariant);
  };
  const isSameTerm = before.term === after.term;
  expect(after.term >= before.term, 'I7: the term only grows');
  expect(after.commit.index >= before.commit.index, 'I7: the commit index only grows');
  expect(after.sequence >= before.sequence, 'I7: the sequence of facts only grows');
  expect(
    !isSameTerm || before.vote === undefined || after.vote === before.vote,
    'I10: a vote is given once per term',
  );
  const ledThroughout = isSameTerm && before.role === 'leader' && after.role === 'leader';
  expect(
    !ledThroughout || comparePositions(after.last, before.last) >= 0,
    'I4: a leader only appends',
  );
  return violations;
}
