import type { ChangeMembersReply } from '../../transport/generated/gossipraft/ChangeMembersReply.ts';
import type { ChangeMembersRequest__Output as ChangeMembersRequest } from '../../transport/generated/gossipraft/ChangeMembersRequest.ts';
import { reasonOf } from '../../transport/wire-checks.ts';
import { readMemberChange } from '../../transport/wire-members.ts';
import type { MemberChange } from '../../words.ts';
import { refused, refusedByCore } from '../refusals.ts';
import type { ServerContext } from '../server-context.ts';
import type { Unary } from './handlers.ts';

const changesMax = 64;

/** ChangeMembers: what somebody wants of the members, for the leader. */
export const changeMembers =
  ({ requests }: ServerContext): Unary<ChangeMembersRequest, ChangeMembersReply> =>
  (request, reply) => {
    let changes: MemberChange[];
    try {
      changes = request.changes.map(readMemberChange);
    } catch (error) {
      reply({ refused: refused('REFUSAL_INVALID', reasonOf(error)) });
      return;
    }
    if (changes.length > changesMax) {
      reply({ refused: refused('REFUSAL_INVALID', `expected at most ${changesMax} changes`) });
      return;
    }
    requests.changeMembers(changes, answer => {
      if (answer.type === 'membersAccepted') reply({ isAccepted: true });
      else reply({ refused: refusedByCore(answer) });
    });
  };
