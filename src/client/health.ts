import { quorumSize } from '../consensus/quorum.ts';
import type { MemberView } from './member-view.ts';

/** GREEN: all is well. YELLOW: it serves, and something is missing. RED: it does not serve. */
export type Health = 'GREEN' | 'YELLOW' | 'RED';

export type Judgement = {
  readonly health: Health;
  readonly reason: string;
  /** How many more voters may fail, whichever they are, before it serves no longer. */
  readonly survives: number;
};

/**
 * Judges by what is wanted: whoever the configuration names shall be there, vote and follow. What
 * counts as a majority is what the leader hears, not what we reach: we may be the one cut off.
 */
export function judgeHealth(members: readonly MemberView[], leader: string | undefined): Judgement {
  const troubles = members.flatMap(member =>
    troublesOf(member, leader).map(text => ({ id: member.id, text })),
  );
  const reason = sentenceOf(troubles);
  if (leader === undefined) {
    return { health: 'RED', reason: joined(noLeader(members), reason), survives: 0 };
  }
  const voters = members.filter(({ standing }) => standing === 'voter');
  const following = voters.filter(({ isFollowing }) => isFollowing);
  if (following.length < quorumSize(voters.length)) {
    const text = `${leader} leads, and no majority follows it`;
    return { health: 'RED', reason: joined(text, reason), survives: 0 };
  }
  const sound = following.filter(canVoteAndStore);
  const survives = Math.max(0, sound.length - quorumSize(voters.length));
  if (troubles.length > 0) return { health: 'YELLOW', reason, survives };
  const servers = voters.length === 1 ? 'the server takes' : `all ${voters.length} servers take`;
  return { health: 'GREEN', reason: `${servers} part`, survives };
}

/** A voter that cannot vote, or store what is written, is of no help when another one fails. */
const canVoteAndStore = ({ isRecovering, isDiskFull, fact }: MemberView): boolean =>
  !isRecovering && !isDiskFull && fact?.isDiskStalled !== true;

/** One line for people, wherever the state of the cluster is told. */
export function healthSentence({ health, reason, survives }: Judgement): string {
  if (health === 'RED') return `RED: ${reason}`;
  const more = health === 'YELLOW' ? 'more ' : '';
  if (survives === 0) return `${health}: ${reason}; no ${more}server may fail`;
  return `${health}: ${reason}; ${survives} ${more}may fail`;
}

const joined = (first: string, more: string): string => (more === '' ? first : `${first}; ${more}`);

function noLeader(members: readonly MemberView[]): string {
  const named = members.find(({ reachable, fact }) => reachable && fact?.leader !== undefined);
  const leader = members.find(({ id }) => id === named?.fact?.leader);
  return leader === undefined || leader.reachable
    ? 'there is no leader'
    : `${leader.id} leads, but cannot be reached from here`;
}

/** What is wrong with one member, in words that go behind its name. */
function troublesOf(member: MemberView, leader: string | undefined): string[] {
  const { standing, address, isRecovering, fact } = member;
  if (standing === 'outside') return ['is no member'];
  if (standing === 'unknown') return ['cannot be reached'];
  // It is gone when it is here no more, and nobody waits for it.
  if (member.isLeaving && standing !== 'voter') return [];
  const inWay = [
    ...absence(member, leader),
    ...(isRecovering ? ['has lost a part of its log and gets it from the others'] : []),
    ...(fact?.isDiskStalled === true ? ['has a disk that does not keep up'] : []),
    ...(member.isDiskFull ? ['has a full disk, and takes no writes as a leader'] : []),
    ...damageOf(member),
    ...(member.timingProblem === undefined ? [] : [member.timingProblem]),
  ];
  if (inWay.length > 0 || standing === 'voter') return inWay;
  return [standing === 'awaited' ? `is awaited at ${address}` : 'catches up'];
}

/** More files than these are not told one by one. */
const namedFilesMax = 3;

function damageOf({ damagedFiles }: MemberView): string[] {
  if (damagedFiles.length === 0) return [];
  const named = damagedFiles.slice(0, namedFilesMax).join(', ');
  const more = damagedFiles.length - namedFilesMax;
  const rest = more > 0 ? ` and ${more} more` : '';
  return [`has damage in its files (${named}${rest})`];
}

/** Is it there, and does it take part? */
function absence(member: MemberView, leader: string | undefined): string[] {
  const { reachable, standing, isFollowing, fact } = member;
  if (reachable && fact?.role === 'fresh' && standing !== 'awaited') {
    return ['takes no part (another data directory)'];
  }
  if (standing === 'awaited') return [];
  if (!reachable) return [isFollowing ? 'cannot be reached from here' : 'cannot be reached'];
  const isCutOff = leader !== undefined && standing === 'voter' && !isFollowing;
  return isCutOff ? [`is cut off from ${leader}, which leads`] : [];
}

/** What many have in common is said once. */
function sentenceOf(troubles: readonly { readonly id: string; readonly text: string }[]): string {
  const names = new Map<string, string[]>();
  for (const { id, text } of troubles) names.set(text, [...(names.get(text) ?? []), id]);
  return [...names]
    .map(([text, ids]) => `${ids.join(', ')} ${ids.length === 1 ? text : pluralOf(text)}`)
    .join('; ');
}

const plurals: Readonly<Record<string, string>> = {
  has: 'have',
  is: 'are',
  takes: 'take',
  catches: 'catch',
};

/** The same of several servers: what is said begins with the verb. */
const pluralOf = (text: string): string => text.replace(/^\w+/, verb => plurals[verb] ?? verb);
