import { assert } from '../assert.ts';
import { provenIndex } from './commit.ts';
import { installConfig } from './configuration.ts';
import { livesIn } from './departure.ts';
import { greetAll } from './heartbeat.ts';
import { retire } from './leadership-transfer.ts';
import { distrustLease } from './leases.ts';
import { type Changed, changedMembers, voterDifference } from './member-changes.ts';
import { compareConfigIds } from './position.ts';
import { isQuorum, isSteady, quorumSize, reachedByQuorum, votersOf } from './quorum.ts';
import type { Replica } from './replica.ts';
import type { Leadership, MemberRequest } from './replica-parts.ts';
import { startRound } from './rounds.ts';
import { answer, type Turn, tell } from './turn.ts';
import type { Config, Event, Member, MonotonicMs, NodeId, RequestAnswer } from './types.ts';

/*
 * Changes of the members, made by the leader: from what is wanted (members that are to come, or to
 * go) to what is, one voter at a time. The configuration is no entry of the log; it travels like
 * gossip, and the newest one wins (Schultz, Dardik, Tripakis: MongoDB's logless reconfiguration).
 */

/** Requests that wait; a leader that cannot make any progress must not collect them for ever. */
const requestsMax = 64;

type ChangeMembers = Extract<Event, { type: 'changeMembers' }>;

export function onChangeMembers(
  { leadership, leader }: Replica,
  turn: Turn,
  { id, changes }: ChangeMembers,
): void {
  if (leadership === undefined) answer(turn, id, { type: 'refused', reason: 'notLeader', leader });
  else if (leadership.memberRequests.length >= requestsMax) {
    const problem = 'too many changes of the members wait already: a majority must be up first';
    answer(turn, id, unsafe(problem));
  } else leadership.memberRequests.push({ id, changes, configId: undefined });
}

const unsafe = (problem: string): RequestAnswer => ({
  type: 'refused',
  reason: 'unsafeChange',
  problem,
});

/** One step toward what is wanted, when the step before is safe. */
export function advanceMembership(replica: Replica, turn: Turn): void {
  const { leadership, config } = replica;
  if (leadership === undefined || config === undefined) return;
  if (isSteady(config) && leadership.memberRequests.length === 0) return;
  if (!isInstalled(replica, config)) return;
  answerInstalled(leadership, turn, config);
  const request = leadership.memberRequests.find(({ configId }) => configId === undefined);
  if (request !== undefined) take(replica, turn, config, leadership, request);
  else walk(replica, turn, config);
}

/**
 * May there be a next configuration? Only when a majority of this one's voters has it, in our term
 * (so no older one can elect a leader any more), and everything that was committed under older ones
 * is committed under this one, too.
 */
export function isInstalled(replica: Replica, config: Config): boolean {
  const { term, commit, identity } = replica;
  if (config.id.term !== term || commit.term !== term) return false;
  const knowing = new Set<NodeId>([identity.id]);
  for (const { fact } of replica.facts.values()) {
    if (livesIn(config, fact)) knowing.add(fact.owner);
  }
  if (!isQuorum(config, knowing)) return false;
  return reachedByQuorum(config, voter => provenIndex(replica, voter)) >= commit.index;
}

function answerInstalled(leadership: Leadership, turn: Turn, config: Config): void {
  const waiting: MemberRequest[] = [];
  for (const request of leadership.memberRequests) {
    const { configId } = request;
    const isDone = configId !== undefined && compareConfigIds(configId, config.id) <= 0;
    if (isDone) answer(turn, request.id, { type: 'membersAccepted' });
    else waiting.push(request);
  }
  leadership.memberRequests = waiting;
}

function take(
  replica: Replica,
  turn: Turn,
  config: Config,
  leadership: Leadership,
  request: MemberRequest,
): void {
  const rest = leadership.memberRequests.filter(other => other !== request);
  const decision = decide(replica, config, request, turn.now);
  if (decision.type !== 'changed') {
    leadership.memberRequests = rest;
    answer(turn, request.id, decision);
    return;
  }
  for (const change of request.changes) tell(turn, { type: 'memberChangeAccepted', change });
  const { id } = makeConfig(replica, turn, config, decision.members);
  leadership.memberRequests = [...rest, { ...request, configId: id }];
}

/** The members that there shall be; or the answer, if nothing is to be done, or may be. */
function decide(
  replica: Replica,
  config: Config,
  { changes }: MemberRequest,
  now: MonotonicMs,
): Extract<Changed, { type: 'changed' }> | RequestAnswer {
  const changed = changedMembers(config, changes, replica.identity.id);
  if (changed.type === 'refused') return unsafe(changed.problem);
  if (changed.members === config.members) return { type: 'membersAccepted' };
  const problem = problemOf(replica, changed.members, now);
  return problem === undefined ? changed : unsafe(problem);
}

/** Would there be a majority, when everybody has come who is to come, and gone who is to go? */
function problemOf(
  replica: Replica,
  members: readonly Member[],
  now: MonotonicMs,
): string | undefined {
  const staying = members.filter(({ isLeaving }) => !isLeaving);
  // Whoever does not vote yet must catch up before it does: then it is alive.
  const alive = staying.filter(member => !member.isVoter || isAlive(replica, member, now));
  const voters = members.filter(({ isVoter }) => isVoter);
  const living = voters.filter(member => isAlive(replica, member, now));
  const isSafe =
    alive.length >= quorumSize(staying.length) && living.length >= quorumSize(voters.length);
  if (isSafe) return undefined;
  const names = (some: readonly Member[]): string => some.map(({ id }) => id).join(', ') || 'none';
  return (
    `there would be no majority: of ${names(staying)}, only ${names(alive.filter(isVoterNow))} ` +
    'can be reached; start the others first'
  );
}

const isVoterNow = ({ isVoter }: Member): boolean => isVoter;

function isAlive(replica: Replica, { id, directoryId }: Member, now: MonotonicMs): boolean {
  if (id === replica.identity.id) return true;
  const known = replica.facts.get(id);
  if (known === undefined || known.fact.directoryId !== directoryId) return false;
  return now - known.writtenAt < replica.timings.electionTimeoutMs;
}

/** Newcomers first: only when all of them vote, somebody goes. */
function walk(replica: Replica, turn: Turn, config: Config): void {
  const isDone =
    nameNewcomer(replica, turn, config) ||
    dropNonVoter(replica, turn, config) ||
    promoteLearner(replica, turn, config);
  if (isDone || config.members.some(({ isVoter, isLeaving }) => !isVoter && !isLeaving)) return;
  removeVoter(replica, turn, config);
}

/**
 * A server that was added has shown up: from now on it is the one with this directory. It must have
 * heard of this very configuration, or an old fact could name a directory that was given up since.
 * (Facts of newcomers that are silent are forgotten.)
 */
function nameNewcomer(replica: Replica, turn: Turn, config: Config): boolean {
  for (const member of config.members) {
    if (member.directoryId !== undefined) continue;
    const fact = replica.facts.get(member.id)?.fact;
    const isHere = fact?.role === 'fresh' && compareConfigIds(fact.configId, config.id) === 0;
    if (!isHere) continue;
    const { directoryId } = fact;
    makeConfig(replica, turn, config, replaced(config, member, { ...member, directoryId }));
    tell(turn, { type: 'learnerAdded', id: member.id });
    return true;
  }
  return false;
}

function dropNonVoter(replica: Replica, turn: Turn, config: Config): boolean {
  const member = config.members.find(({ isVoter, isLeaving }) => isLeaving && !isVoter);
  if (member === undefined) return false;
  drop(replica, turn, config, member);
  return true;
}

function promoteLearner(replica: Replica, turn: Turn, config: Config): boolean {
  const learner = config.members.find(
    member => !member.isVoter && !member.isLeaving && hasCaughtUp(replica, member),
  );
  if (learner === undefined) return false;
  const members = replaced(config, learner, { ...learner, isVoter: true });
  if (!hasSoundMajority(replica, members, turn.now)) return false;
  const next = makeConfig(replica, turn, config, members);
  tell(turn, { type: 'voterAdded', id: learner.id, voters: votersOf(next).map(({ id }) => id) });
  return true;
}

/** Holds it durably, in our term, what was committed one heartbeat ago? */
function hasCaughtUp(replica: Replica, { id, directoryId }: Member): boolean {
  const fact = replica.facts.get(id)?.fact;
  if (fact === undefined || directoryId === undefined || fact.directoryId !== directoryId) {
    return false;
  }
  // It would stop at the first command that it does not know.
  if (fact.commandLevel < replica.commandLevel) return false;
  const isOurs = fact.term === replica.term && fact.durable.term === replica.term;
  return isOurs && fact.durable.index >= (replica.leadership?.catchUpIndex ?? 0);
}

/** Would the voters of the list go on at once, with what is committed on most of their disks? */
function hasSoundMajority(replica: Replica, members: readonly Member[], now: MonotonicMs): boolean {
  const voters = members.filter(isVoterNow);
  const sound = voters.filter(
    member =>
      member.id === replica.identity.id ||
      (isAlive(replica, member, now) && hasCaughtUp(replica, member)),
  );
  return sound.length >= quorumSize(voters.length);
}

function removeVoter(replica: Replica, turn: Turn, config: Config): void {
  const leaving = config.members.filter(({ isLeaving }) => isLeaving);
  const other = leaving.find(({ id }) => id !== replica.identity.id);
  if (other === undefined) {
    if (leaving.length > 0) retire(replica, turn);
    return;
  }
  const rest = config.members.filter(member => member !== other);
  if (hasSoundMajority(replica, rest, turn.now)) drop(replica, turn, config, other);
}

function drop(replica: Replica, turn: Turn, config: Config, member: Member): void {
  const rest = config.members.filter(other => other !== member);
  const next = makeConfig(replica, turn, config, rest);
  tell(turn, { type: 'memberGone', id: member.id, voters: votersOf(next).map(({ id }) => id) });
}

const replaced = ({ members }: Config, member: Member, by: Member): Member[] =>
  members.map(other => (other === member ? by : other));

/** A new configuration: ours at once, everybody's as soon as they hear of it. */
function makeConfig(
  replica: Replica,
  turn: Turn,
  config: Config,
  members: readonly Member[],
): Config {
  const { term } = replica;
  const next: Config = { ...config, id: { term, version: config.id.version + 1 }, members };
  // Otherwise two of its quorums might not have a server in common.
  assert(voterDifference(config, next).length <= 1, 'I12: one voter comes or goes at a time');
  installConfig(replica, turn, next);
  // Rounds that the voters of older configurations have seen say nothing about this one's.
  distrustLease(replica);
  startRound(replica, turn);
  greetAll(replica, turn);
  return next;
}
