import test, { type ExecutionContext } from 'ava';
import { openBackup } from '../../src/client/backup-stream.ts';
import { ServerCalls } from '../../src/client/server-calls.ts';
import { ServerDirectory } from '../../src/client/server-directory.ts';
import { ClusterError } from '../../src/errors/cluster-error.ts';
import { backup } from '../../src/server/rpc/backup.ts';
import type { ServerContext } from '../../src/server/server-context.ts';
import type { BackupPart } from '../../src/storage/backup-items.ts';
import type { BackupReply } from '../../src/transport/generated/gossipraft/BackupReply.ts';
import type { ClientToServerHandlers } from '../../src/transport/generated/gossipraft/ClientToServer.ts';
import { startGrpcServer } from '../../src/transport/grpc-server.ts';
import { ClientToServer } from '../../src/transport/proto-definitions.ts';
import { freePorts } from '../fixtures/free-ports.ts';
import { PostedObjects } from '../host/journal-runs.ts';

type Call = Parameters<ClientToServerHandlers['Backup']>[0];

/** A server as far as a backup goes: n0 leads. */
function contextOf(id: string, server: PostedObjects): ServerContext {
  const requests = {
    confirmLeadership: (tell: (answer: unknown) => void) =>
      tell(
        id === 'n0' ? { type: 'readable', index: server.state.appliedIndex } : { type: 'refused' },
      ),
    whenApplied: (index: number, appliedIndex: number, run: (isApplied: boolean) => void) =>
      run(index <= appliedIndex),
  };
  const context = {
    ...server.sources,
    cluster: () => ({ clusterId: 'an-id', clusterName: 'test' }),
    host: { view: () => ({ leader: 'n0', positionAt: (index: number) => ({ term: 1, index }) }) },
    applyLoop: { state: server.state },
    requests,
  };
  return context as never;
}

/** The same history at each. */
async function servers(count: number): Promise<PostedObjects[]> {
  const all = await Promise.all(Array.from({ length: count }, () => PostedObjects.create()));
  for (const server of all) {
    for (let round = 0; round < 3; round += 1) {
      for (let put = 0; put < 20; put += 1) server.post(2);
      await server.save();
    }
    server.setKey();
    server.post(1);
  }
  return all;
}

async function cluster(
  t: ExecutionContext,
  all: readonly PostedObjects[],
  before: (id: string, call: Call) => void = () => undefined,
): Promise<ServerDirectory> {
  const ports = await freePorts(all.length);
  const addresses = ports.map((port, place) => ({ id: `n${place}`, host: '127.0.0.1', port }));
  for (const [place, server] of all.entries()) {
    const { id, host, port } = addresses[place] ?? { id: '', host: '', port: 0 };
    const Backup: ClientToServerHandlers['Backup'] = call => {
      before(id, call);
      backup(contextOf(id, server))(call);
    };
    const grpc = await startGrpcServer({ host, port }, [
      { definition: ClientToServer.service, implementation: { Backup } },
    ]);
    t.teardown(() => grpc.close());
  }
  const directory = new ServerDirectory('test', addresses);
  t.teardown(() => directory.close());
  return directory;
}

async function backupOf(directory: ServerDirectory): Promise<string[]> {
  const { parts } = await openBackup(new ServerCalls(directory), directory, 5000);
  const all: BackupPart[] = [];
  for await (const part of parts) all.push(part);
  return all.flatMap(part =>
    part.type === 'batch' ? Buffer.from(part.batch.data).toString().slice(1, -1).split(',') : [],
  );
}

test('objects that the leader cannot read come from another server', async t => {
  const all = await servers(3);
  const [leader, second] = all;
  const [, middle = ''] = leader?.archiveFiles ?? [];
  leader?.disk.remove(middle);
  // The second one has them, and lacks others.
  second?.disk.remove(second.archiveFiles.at(-1) ?? '');
  t.deepEqual(await backupOf(await cluster(t, all)), leader?.posted);
});

test('objects that no server can read make the backup fail, with a sentence', async t => {
  const all = await servers(3);
  for (const server of all) server.disk.remove(server.archiveFiles[1] ?? '');
  const error = await t.throwsAsync(async () => backupOf(await cluster(t, all)), {
    instanceOf: ClusterError,
  });
  t.regex(
    error?.message ?? '',
    /^the objects 41 to 121 can be read from no server \(n0: object 41 cannot be read here: .*; n1: .*; n2: .*\); no backup was made$/,
  );
});

test('a piece that gets lost is noticed, and what follows comes from another server', async t => {
  const all = await servers(2);
  let pieces = 0;
  const lose = (id: string, call: Call): void => {
    const write = call.write.bind(call);
    call.write = (reply: BackupReply) => {
      const isObject = reply.piece?.kind === 'BACKUP_KIND_BATCH';
      if (isObject) pieces += 1;
      return id === 'n0' && isObject && pieces === 10 ? true : write(reply);
    };
  };
  t.deepEqual(await backupOf(await cluster(t, all, lose)), all[0]?.posted);
});

test('a leader that goes while it sends the state ends the backup, with a sentence', async t => {
  const all = await servers(2);
  const breakOff = (_: string, call: Call): void => {
    const write = call.write.bind(call);
    call.write = (reply: BackupReply) => {
      if (reply.header === undefined) call.end();
      return reply.header === undefined ? true : write(reply);
    };
  };
  await t.throwsAsync(async () => backupOf(await cluster(t, all, breakOff)), {
    message: /^n0 broke off \(it ended before it was complete\); no backup was made$/,
  });
});

test('a range that cannot be is refused, and one that is not applied here does not wait for ever', async t => {
  const [server] = await servers(1);
  const refusalOf = (range: object): string | undefined => {
    let refused: string | undefined;
    const call = {
      request: { clusterId: 'an-id', clusterName: 'test', range },
      end: (reply: BackupReply) => {
        refused = `${reply.refused?.reason}: ${reply.refused?.detail}`;
      },
    };
    if (server !== undefined) backup(contextOf('n1', server))(call as never);
    return refused;
  };
  const sound = { fromSeq: 1, throughSeq: 2, appliedIndex: 3 };
  for (const field of Object.keys(sound)) {
    for (const number of [Number.NaN, -1, 1.5, 2 ** 53]) {
      t.is(
        refusalOf({ ...sound, [field]: number }),
        `REFUSAL_INVALID: ${field} is ${number}, not a whole number of at most 2^52`,
      );
    }
  }
  t.is(
    refusalOf({ ...sound, appliedIndex: 1e9 }),
    'REFUSAL_OVERLOADED: entry 1000000000 is not applied here yet',
  );
});
