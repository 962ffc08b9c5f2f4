import { memberOf } from './quorum.ts';
import type { Config, Member, MemberChange, NodeId } from './types.ts';

/* What becomes of a list of members when somebody wants something else. No vote counts here. */

/** Every fact is known to everybody: beyond this, gossip costs more than a cluster is worth. */
const membersMax = 31;

export type Changed =
  | { readonly type: 'changed'; readonly members: readonly Member[] }
  | { readonly type: 'refused'; readonly problem: string };

/** The members after the changes; the same list when all is as it is wanted already. */
export function changedMembers(
  { members }: Config,
  changes: readonly MemberChange[],
  leader: NodeId,
): Changed {
  const problem = problemOf(members, changes, leader);
  if (problem !== undefined) return { type: 'refused', problem };
  let changed = members;
  for (const change of changes) changed = applied(changed, change);
  const invalid = changed === members ? undefined : problemOfList(changed);
  return invalid === undefined
    ? { type: 'changed', members: changed }
    : { type: 'refused', problem: invalid };
}

function problemOf(
  members: readonly Member[],
  changes: readonly MemberChange[],
  leader: NodeId,
): string | undefined {
  const replaced = changes.filter(({ type }) => type === 'replace');
  const [first] = replaced;
  if (first === undefined) return undefined;
  if (changes.length > 1) return 'a replacement takes away a vote: it must come alone';
  if (!members.some(({ id }) => id === first.id)) return `there is no member ${first.id}`;
  return first.id === leader ? `${leader} leads, so its data directory is not lost` : undefined;
}

function applied(members: readonly Member[], change: MemberChange): readonly Member[] {
  const { id } = change;
  const member = members.find(other => other.id === id);
  switch (change.type) {
    case 'put':
      return put(members, member, change);
    case 'remove':
      if (member === undefined || member.isLeaving) return members;
      // Nobody has heard of it yet.
      if (member.directoryId === undefined) return members.filter(other => other !== member);
      return members.map(other => (other === member ? { ...other, isLeaving: true } : other));
    case 'replace':
      if (member?.directoryId !== change.directoryId) return members;
      return members.map(other =>
        other === member ? { ...other, directoryId: undefined, isVoter: false } : other,
      );
  }
}

function put(
  members: readonly Member[],
  member: Member | undefined,
  { id, address }: Extract<MemberChange, { type: 'put' }>,
): readonly Member[] {
  if (member === undefined) {
    const newcomer = { directoryId: undefined, isVoter: false, isLeaving: false };
    return [...members, { id, address, hasMoved: false, ...newcomer }];
  }
  if (member.address === address && !member.isLeaving) return members;
  const hasMoved = member.hasMoved || member.address !== address;
  const kept = { ...member, address, hasMoved, isLeaving: false };
  return members.map(other => (other === member ? kept : other));
}

function problemOfList(members: readonly Member[]): string | undefined {
  if (members.length > membersMax) return `a cluster has at most ${membersMax} members`;
  if (members.every(({ isLeaving }) => isLeaving)) return 'no member would be left';
  const users = new Map<string, NodeId>();
  for (const { id, address } of members) {
    const other = users.get(address);
    if (other !== undefined) return `${id} cannot be at ${address}: that is where ${other} is`;
    users.set(address, id);
  }
  return undefined;
}

/** Whoever votes in one list and not in the other. */
export const voterDifference = (before: Config, after: Config): NodeId[] =>
  [...new Set([...before.members, ...after.members].map(({ id }) => id))].filter(id => {
    const [old, young] = [memberOf(before, id), memberOf(after, id)];
    return (old?.isVoter ?? false) !== (young?.isVoter ?? false);
  });
