import type { ServerUnaryCall, ServiceDefinition, sendUnaryData } from '@grpc/grpc-js';
import { bytesOf, endOfKey, utf8BytesOf } from '../../codec/byte-string.ts';
import { OwnSession } from '../../host/own-session.ts';
import { keyMaxBytes } from '../../machines/keys/item.ts';
import { keyRange } from '../../machines/keys/key-range.ts';
import { isReserved } from '../../machines/keys/reserved.ts';
import type { ServeClientArgs__Output as Args } from '../../transport/generated/raft/ServeClientArgs.ts';
import type { ServeClientReply as Reply } from '../../transport/generated/raft/ServeClientReply.ts';
import type { GrpcService } from '../../transport/grpc-server.ts';
import { Raft } from '../../transport/proto-definitions.ts';
import { refusedByDisk, refusedByUpgrade } from '../refusals.ts';
import type { ServerContext } from '../server-context.ts';

type Answer = { readonly data: string; readonly isDone: boolean };

/** Students name package and service differently; the messages are the same. */
const serviceNames = ['raft.Raft', 'Raft', 'raft.RaftService', 'RaftService'];
const usage = 'expected "SET key value" or "GET key"';

/**
 * ServeClient, of the course exercise: a line in, its answer out, at the leader; anybody else says
 * who leads.
 */
export function serveClient(context: ServerContext): readonly GrpcService[] {
  const session = new OwnSession(context);
  const { path: _, ...rule } = Raft.service.ServeClient;
  const implementation = {
    ServeClient: (call: ServerUnaryCall<Args, Reply>, callback: sendUnaryData<Reply>) => {
      carryOut(context, session, call.request.Request).then(
        ({ data, isDone }) =>
          callback(null, {
            Data: data,
            LeaderID: context.host.view().leader ?? '',
            Success: isDone,
          }),
        callback,
      );
    },
  };
  return serviceNames.map(name => ({
    definition: { ServeClient: { ...rule, path: `/${name}/ServeClient` } } as ServiceDefinition,
    implementation,
  }));
}

function carryOut(context: ServerContext, session: OwnSession, line: string): Promise<Answer> {
  const [name, key, ...rest] = line.trim().split(/\s+/);
  if (key === undefined) return refused(usage);
  const { length } = utf8BytesOf(key);
  if (length > keyMaxBytes || isReserved(key))
    return refused(`a key has 1 to ${keyMaxBytes} bytes`);
  if (context.host.view().role !== 'leader') return refused('');
  if (name === 'GET' && rest.length === 0) return get(context, key);
  if (name !== 'SET' || rest.length === 0) return refused(usage);
  // The value is all that follows, spaces included.
  const value = line.trim().replace(/^\S+\s+\S+\s+/, '');
  return set(context, session, key, value);
}

const refused = (data: string): Promise<Answer> => Promise.resolve({ data, isDone: false });

async function get({ queries }: ServerContext, key: string): Promise<Answer> {
  const start = utf8BytesOf(key);
  const range = keyRange({ start, end: endOfKey(start), limit: 1 });
  const demand = { consistency: 'lease', maxStalenessMs: 0, minIndex: 0 } as const;
  const found = await queries.ask('keys.range', range, demand);
  if (found.answer === undefined) return { data: found.refused.detail, isDone: false };
  const value = found.answer.items[0]?.value;
  return { data: value === undefined ? '' : bytesOf(value).toString(), isDone: true };
}

async function set(
  context: ServerContext,
  session: OwnSession,
  key: string,
  value: string,
): Promise<Answer> {
  const refusal = refusedByDisk(context) ?? refusedByUpgrade(context);
  if (refusal !== undefined) return { data: refusal.detail ?? '', isDone: false };
  const put = {
    op: 'keys.put',
    key: utf8BytesOf(key),
    value: utf8BytesOf(value),
    type: 'text/plain',
    ttlMs: undefined,
    lease: undefined,
    wantsPrevious: false,
  } as const;
  const result = await session.transact({ compare: [], success: [put], failure: [] });
  if (result?.type === 'done') return { data: '', isDone: true };
  const reason = result?.type === 'aborted' ? result.reason : 'it is not known to be committed';
  return { data: reason, isDone: false };
}
