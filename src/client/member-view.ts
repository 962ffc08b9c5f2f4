import { addressText } from '../addresses.ts';
import type { Config, Fact, GossipEntry, Member } from '../consensus/types.ts';
import type { Timing } from '../words.ts';
import type { ServerDescription } from './cluster-client.ts';
import type { ServerAddress } from './server-connection.ts';

export type Standing =
  | 'voter'
  /** Pulls the log, and is to vote when it has caught up. */
  | 'learner'
  /** Was added and has not shown up yet. */
  | 'awaited'
  /** Listed in the file, but part of no cluster. */
  | 'outside'
  /** It does not answer, and nobody who does knows who the members are. */
  | 'unknown';

export type MemberView = {
  readonly id: string;
  /** `host:port` */
  readonly address: string;
  readonly reachable: boolean;
  readonly standing: Standing;
  /** It leads, or the leader has heard of late that it has seen a round of its. */
  readonly isFollowing: boolean;
  /** It has lost a part of its log, and has no vote until it holds it again. */
  readonly isRecovering: boolean;
  readonly damagedFiles: readonly string[];
  readonly isDiskFull: boolean;
  /** How its settings of time differ from the leader's. */
  readonly timingProblem: string | undefined;
  /** It is to go, once the others can do without it. */
  readonly isLeaving: boolean;
  readonly fact: Fact | undefined;
  /** Age of what is known of it, in milliseconds; 0 when it has told us itself. */
  readonly ageMs: number;
  /** What it has done since its start; undefined when it does not answer. */
  readonly counters: ServerDescription['counters'];
  /** What is left of its lease; 0 when it leads nobody. */
  readonly leaseRemainingMs: number;
  /** Of its program; undefined when it does not answer. */
  readonly version: string | undefined;
  /** The commands that it takes for being in use; undefined when it does not answer. */
  readonly commandLevel: number | undefined;
};

/** One server, as it says itself and as the leader hears of it. */
export function memberView(
  { id, ...endpoint }: ServerAddress,
  config: Config | undefined,
  descriptions: readonly ServerDescription[],
  leader: ServerDescription | undefined,
): MemberView {
  const own = descriptions.find(({ server }) => server === id);
  const heard = own?.facts[0] ?? newestHeard(id, descriptions);
  const member = config?.members.find(one => one.id === id);
  return {
    id,
    address: addressText(endpoint),
    reachable: own !== undefined,
    standing: config === undefined && own === undefined ? 'unknown' : standingOf(member),
    isFollowing: isFollowing(id, leader),
    isRecovering: own?.isRecovering ?? false,
    damagedFiles: own?.damagedFiles ?? [],
    isDiskFull: own?.isDiskFull ?? false,
    timingProblem: timingProblemOf(own?.facts[0]?.fact.timing, leader?.facts[0]?.fact.timing),
    isLeaving: member?.isLeaving ?? false,
    fact: heard?.fact,
    ageMs: own === undefined ? Math.round(heard?.ageMs ?? 0) : 0,
    counters: own?.counters,
    leaseRemainingMs: own?.leaseRemainingMs ?? 0,
    version: own?.version,
    commandLevel: own?.commandLevel,
  };
}

function standingOf(member: Member | undefined): Standing {
  if (member === undefined) return 'outside';
  if (member.isVoter) return 'voter';
  return member.directoryId === undefined ? 'awaited' : 'learner';
}

/** Has the leader heard, within an election timeout, that the server has seen a round of its? */
function isFollowing(id: string, leader: ServerDescription | undefined): boolean {
  if (leader === undefined) return false;
  if (leader.server === id) return true;
  const [own] = leader.facts;
  const heard = leader.facts.find(({ fact }) => fact.owner === id);
  if (own === undefined || heard === undefined) return false;
  const { fact, ageMs } = heard;
  if (fact.term !== own.fact.term) return false;
  // Who has just voted for it has seen no round of its yet.
  const seenAgeMs = fact.seen.term === own.fact.term ? fact.seenAgeMs : 0;
  return ageMs + seenAgeMs <= own.fact.timing.electionTimeoutMs;
}

const newestHeard = (
  id: string,
  descriptions: readonly ServerDescription[],
): GossipEntry | undefined =>
  descriptions
    .flatMap(({ facts }) => facts.filter(({ fact }) => fact.owner === id))
    .sort((a, b) => a.ageMs - b.ageMs)[0];

/** Other settings of time than the leader's cost availability, and are a mistake of the file. */
function timingProblemOf(own: Timing | undefined, leaders: Timing | undefined): string | undefined {
  if (own === undefined || leaders === undefined) return undefined;
  const other = timingNames.filter(name => own[name] !== leaders[name]);
  if (other.length === 0) return undefined;
  const parts = other.map(name => `${name} ${own[name]} instead of ${leaders[name]}`);
  return `has other timings than the leader (${parts.join(', ')})`;
}

const timingNames = ['heartbeatIntervalMs', 'electionTimeoutMs', 'leaseMs'] as const;
