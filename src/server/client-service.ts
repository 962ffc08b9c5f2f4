import type { ClientToServerHandlers } from '../transport/generated/gossipraft/ClientToServer.ts';
import { wrongCluster } from './refusals.ts';
import { ackEntries } from './rpc/ack-entries.ts';
import { backup } from './rpc/backup.ts';
import { changeMembers } from './rpc/change-members.ts';
import { describeServer } from './rpc/describe-server.ts';
import { conversing, type Guard, streaming, unary } from './rpc/handlers.ts';
import { openSession } from './rpc/open-session.ts';
import { putEntries } from './rpc/put-entries.ts';
import { query } from './rpc/query.ts';
import { transferLeadership } from './rpc/transfer-leadership.ts';
import { watch } from './rpc/watch.ts';
import type { ServerContext } from './server-context.ts';

/**
 * What client servers ask of a server: the only way in for data. Each request has a file of its
 * own; that it is meant for this cluster is checked here, once for all.
 */
export function clientService(context: ServerContext): ClientToServerHandlers {
  const guard: Guard = request => wrongCluster(context.cluster(), request);
  return {
    OpenSession: unary(guard, openSession(context)),
    PutEntries: conversing(guard, putEntries(context)),
    AckEntries: streaming(guard, ackEntries(context), ended => ({ ended })),
    Query: unary(guard, query(context)),
    Watch: streaming(guard, watch(context), ended => ({ ended })),
    TransferLeadership: unary(guard, transferLeadership(context)),
    ChangeMembers: unary(guard, changeMembers(context)),
    Backup: streaming(guard, backup(context), refused => ({ refused })),
    DescribeServer: unary(guard, describeServer(context)),
  };
}
