import { notApplied } from '../../host/refusal.ts';
import type { Refused } from '../../transport/generated/gossipraft/Refused.ts';
import { notLeader, refusedByHost } from '../refusals.ts';
import type { ServerContext } from '../server-context.ts';

/** Runs when this server has shown that it leads and has applied enough; or with a refusal. */
export function whenReadable(
  { requests, applyLoop, host }: ServerContext,
  run: (refusal: Refused | undefined) => void,
): void {
  requests.confirmLeadership(answer => {
    if (answer.type !== 'readable') run(notLeader(host.view().leader));
    else {
      requests.whenApplied(answer.index, applyLoop.state.appliedIndex, isApplied =>
        run(isApplied ? undefined : refusedByHost(notApplied(answer.index))),
      );
    }
  });
}
