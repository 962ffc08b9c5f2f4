import type { Context } from 'koa';
import type { ReadView } from '../client/query.ts';

/** What an answer to a read rests on. */
export function describeRead(ctx: Context, view: ReadView): void {
  ctx.set('X-Raft-Consistency', view.consistency);
  ctx.set('X-Raft-Server', view.server);
  ctx.set('X-Raft-Term', String(view.term));
  ctx.set('X-Raft-Index', String(view.appliedIndex));
  if (view.leaseRemainingMs !== undefined) {
    ctx.set('X-Raft-Lease-Remaining-Ms', view.leaseRemainingMs.toFixed(0));
  }
  if (view.staleMs !== undefined) ctx.set('X-Raft-Stale-Ms', view.staleMs.toFixed(0));
}
