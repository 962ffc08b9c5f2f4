import type { ClientToServerHandlers } from '../transport/generated/gossipraft/ClientToServer.ts';
import { wrongCluster } from './refusals.ts';
import { ackEntries } from './rpc/ack-entries.ts';
import { backup } from './rpc/backup.ts';
import { changeMembers } from './rpc/change-members.ts';
import { describeServer } from './rpc/describe-server.ts';
import { conversing, type Guard, streaming, unary } from './rpc/handlers.ts';
import { openSession } from './rpc/open-session.ts';
import { putEntries } from './rpc/put-entries.ts';
import { readBatch } from './rpc/read-batch.ts';
import { readEntries } from './rpc/read-entries.ts';
import { readKeys } from './rpc/read-keys.ts';
import { transferLeadership } from './rpc/transfer-leadership.ts';
import { watchKeys } from './rpc/watch-keys.ts';
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
    ReadEntries: unary(guard, readEntries(context)),
    ReadBatch: unary(guard, readBatch(context)),
    ReadKeys: unary(guard, readKeys(context)),
    WatchKeys: streaming(guard, watchKeys(context), ended => ({ ended })),
    TransferLeadership: unary(guard, transferLeadership(context)),
    ChangeMembers: unary(guard, changeMembers(context)),
    Backup: streaming(guard, backup(context), refused => ({ refused })),
    DescribeServer: unary(guard, describeServer(context)),
  };
}
