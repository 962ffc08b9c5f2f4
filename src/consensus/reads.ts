import { assert } from '../assert.ts';
import { greetAll } from './heartbeat.ts';
import type { Replica } from './replica.ts';
import { startRound } from './rounds.ts';
import { answer, type Turn } from './turn.ts';

/** More reads than this wait for nobody; they are refused and may be tried again. */
const waitingReadsMax = 10_000;

/**
 * A linearizable read (Raft dissertation §6.4): the leader must still have been the leader after
 * the read began. A quorum that has seen a round started since then proves it.
 */
export function onRead(replica: Replica, turn: Turn, id: number): void {
  const { leadership } = replica;
  if (leadership === undefined || leadership.reads.length >= waitingReadsMax) {
    answer(turn, id, { type: 'refused', reason: 'notLeader', leader: replica.leader });
    return;
  }
  leadership.reads.push({ id, round: leadership.round + 1 });
}

/**
 * Starts the round that waiting reads need. One at a time: what arrives meanwhile shares the next,
 * so that a thousand reads cost as many messages as one.
 */
export function startReadRound(replica: Replica, turn: Turn): void {
  const { leadership } = replica;
  assert(leadership !== undefined, 'only a leader serves reads');
  const isWaiting = leadership.reads.some(({ round }) => round > leadership.round);
  if (!isWaiting || leadership.confirmedRound < leadership.round) return;
  if (!startRound(replica, turn)) return;
  replica.readRounds += 1;
  greetAll(replica, turn);
}

/** Releases the reads whose round is confirmed, once an entry of our own term is committed. */
export function releaseReads(replica: Replica, turn: Turn): void {
  const { leadership, commit, term } = replica;
  assert(leadership !== undefined, 'only a leader serves reads');
  // Before that we may not know of everything that older leaders have committed.
  if (commit.term !== term) return;
  const isReady = ({ round }: { round: number }): boolean => round <= leadership.confirmedRound;
  for (const read of leadership.reads.filter(isReady)) {
    answer(turn, read.id, { type: 'readable', index: commit.index });
  }
  leadership.reads = leadership.reads.filter(read => !isReady(read));
}
