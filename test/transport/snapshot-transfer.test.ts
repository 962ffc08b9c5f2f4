import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import test, { type ExecutionContext } from 'ava';
import type { ClusterId, LogIndex, NodeId, Position } from '../../src/consensus/types.ts';
import { encodeCommand } from '../../src/machines/frame/command.ts';
import {
  applyEntry,
  createReplicatedState,
  type ReplicatedState,
} from '../../src/machines/frame/replicated-state.ts';
import { captureState } from '../../src/machines/frame/state-records.ts';
import { journalSlot } from '../../src/machines/journal/journal.ts';
import { type KeysState, keysSlot } from '../../src/machines/keys/state.ts';
import { processTimers } from '../../src/server/real-world.ts';
import { SnapshotFetcher } from '../../src/server/snapshot-fetcher.ts';
import { SnapshotSource } from '../../src/server/snapshot-source.ts';
import { nodeFileSystem } from '../../src/storage/file-system.ts';
import { JournalArchive } from '../../src/storage/journal-archive.ts';
import { MemoryStore } from '../../src/storage/memory-store.ts';
import { snapshotPaths, writeSnapshot } from '../../src/storage/snapshot-file.ts';
import type { ServerToServerHandlers } from '../../src/transport/generated/gossipraft/ServerToServer.ts';
import { startGrpcServer } from '../../src/transport/grpc-server.ts';
import { ServerToServer } from '../../src/transport/proto-definitions.ts';
import { present } from '../../src/transport/wire-checks.ts';
import { readEnvelope } from '../../src/transport/wire-gossip.ts';
import {
  readTransferHeader,
  readTransferRequest,
  readTransferredBatch,
} from '../../src/transport/wire-snapshot.ts';
import { clusterId, fact, messageTo0 } from '../consensus/fixtures.ts';
import { alone, only, putKey } from '../fixtures/commands.ts';
import { freePorts } from '../fixtures/free-ports.ts';
import { until } from '../fixtures/until.ts';

type Call = Parameters<ServerToServerHandlers['FetchSnapshot']>[0];

/** The connection is lost after so many bytes of the snapshot. */
function breakAfter(call: Call, bytes: number): void {
  const write = call.write.bind(call);
  let sent = 0;
  call.write = (reply: { data?: Uint8Array | string }) => {
    sent += reply.data?.length ?? 0;
    if (sent <= bytes) return write(reply);
    call.emit('error', { code: status.ABORTED, details: 'cut' });
    return true;
  };
}

/** A state with this many keys of 1 kB. */
function stateWith(keys: number): ReplicatedState {
  const state = createReplicatedState();
  const open = encodeCommand({ type: 'openSession', nonce: 'n' });
  const entry = { term: 1, wallMs: 1, kind: 'command' as const };
  applyEntry(state, { ...entry, index: 1, payload: open });
  for (let index = 2; index <= keys + 1; index += 1) {
    const command = alone(
      { session: 1, sequence: index },
      only(putKey(`key ${index}`, 'v'.repeat(1000))),
    );
    applyEntry(state, { ...entry, index, payload: encodeCommand(command) });
  }
  return state;
}

test('a transfer that breaks off goes on where it was, and then brings what was posted', async t => {
  const root = mkdtempSync(join(tmpdir(), 'gossip-raft-transfer-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const [source, target] = [join(root, 'source'), join(root, 'target')];
  for (const folder of [source, target]) mkdirSync(folder);
  const state = stateWith(20_000);
  const position = { term: 1, index: state.appliedIndex } as Position;
  const saved = await writeSnapshot(
    nodeFileSystem,
    source,
    { clusterName: 'test', clusterId, position, commandLevel: 1 },
    captureState(state),
  );
  const archive = await JournalArchive.open(nodeFileSystem, source);
  const journal = { ...journalSlot.create(), lastSeq: 2 };
  state.states = { ...state.states, [journalSlot.name]: journal };
  const batch = { index: 2, term: 1, wallMs: 1, firstSeq: 1, count: 2, data: Buffer.from('[1,2]') };
  await archive.add(
    (async function* () {
      yield batch;
    })(),
    2,
  );

  const [port = 0] = await freePorts(1);
  const log = new MemoryStore({ persisted: () => undefined, failed: () => undefined });
  const serving = new SnapshotSource({
    isMember: ({ id }) => id === 'n0',
    directory: source,
    sources: { state, log, archive, timers: processTimers },
  });
  let calls = 0;
  const FetchSnapshot: ServerToServerHandlers['FetchSnapshot'] = call => {
    calls += 1;
    if (calls === 1) breakAfter(call, 2_000_000);
    serving.serve(call, readEnvelope(present(call.request.envelope, 'envelope')));
  };
  const services = [{ definition: ServerToServer.service, implementation: { FetchSnapshot } }];
  const server = await startGrpcServer({ host: 'localhost', port }, services);
  t.teardown(() => server.close());

  const said: string[] = [];
  const received = await JournalArchive.open(nodeFileSystem, target);
  const fetcher = new SnapshotFetcher({
    envelope: source => ({
      ...messageTo0({ type: 'requestVote' }, [fact('n0')]).envelope,
      to: source,
    }),
    directory: target,
    archive: received,
    addressOf: id => ({ id, host: 'localhost', port }),
    say: text => said.push(text),
  });
  t.is(await fetcher.fetch('n1' as NodeId), undefined);
  const before = statSync(join(target, 'snapshot.part')).size;
  t.true(before > 1_000_000 && before < (saved?.sizeBytes ?? 0));

  const fetched = await fetcher.fetch('n1' as NodeId);
  t.deepEqual(fetched?.position, position);
  t.true(said.some(text => text === `goes on with a snapshot of which ${before} bytes are here`));
  const keys = fetched?.state.states[keysSlot.name] as KeysState | undefined;
  t.is(keys?.keys.size, 20_000);
  t.is(received.lastSeq, 2);
  t.is(snapshotPaths(nodeFileSystem, target).length, 1);
});

/** A source that sends this file, whatever it is, and a posted object after it. */
async function serveFile(t: ExecutionContext, content: () => Buffer) {
  const [port = 0] = await freePorts(1);
  const served = { port, openCount: 0 };
  const FetchSnapshot: ServerToServerHandlers['FetchSnapshot'] = call => {
    served.openCount += 1;
    call.on('cancelled', () => {
      served.openCount -= 1;
    });
    const data = content();
    const position = { term: 1, index: 9 };
    call.write({ header: { position, sizeBytes: data.length, offset: 0 } });
    call.write({ data });
    const batch = { index: 5, term: 1, wallMs: 1, firstSeq: 1, count: 1, data: Buffer.from('[1]') };
    call.write({ batch });
    call.write({ isComplete: true });
  };
  const services = [{ definition: ServerToServer.service, implementation: { FetchSnapshot } }];
  const server = await startGrpcServer({ host: 'localhost', port }, services);
  t.teardown(() => server.close());
  return served;
}

test('nothing of a snapshot that is damaged, or of another cluster, counts: no posted object either', async t => {
  const root = mkdtempSync(join(tmpdir(), 'gossip-raft-transfer-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const [source, target] = [join(root, 'source'), join(root, 'target')];
  for (const folder of [source, target]) mkdirSync(folder);
  const fileOf = async (of: ClusterId) => {
    const position = { term: 1, index: 9 } as Position;
    const header = { clusterName: 'test', clusterId: of, position, commandLevel: 1 };
    const saved = await writeSnapshot(nodeFileSystem, source, header, captureState(stateWith(8)));
    return readFileSync(saved?.path ?? '');
  };
  const sound = await fileOf(clusterId);
  const damaged = Buffer.from(sound);
  damaged[200] = (damaged[200] ?? 0) ^ 1;
  let sent = damaged;
  const served = await serveFile(t, () => sent);
  const { port } = served;
  const received = await JournalArchive.open(nodeFileSystem, target);
  const said: string[] = [];
  const fetcher = new SnapshotFetcher({
    envelope: to => ({ ...messageTo0({ type: 'requestVote' }, [fact('n0')]).envelope, to }),
    directory: target,
    archive: received,
    addressOf: id => ({ id, host: 'localhost', port }),
    say: text => said.push(text),
  });
  t.is(await fetcher.fetch('n1' as NodeId), undefined);
  sent = await fileOf('another' as ClusterId);
  t.is(await fetcher.fetch('n1' as NodeId), undefined);
  t.regex(said.join(), /is damaged.*the snapshot is of the cluster another/);
  t.deepEqual([received.lastSeq, received.throughIndex], [0, 0]);
  sent = sound;
  t.is((await fetcher.fetch('n1' as NodeId))?.position.index, 9 as LogIndex);
  t.is(received.lastSeq, 1);
  await until('no source sends any more', () => served.openCount === 0);
});

test('who is no member gets no snapshot', async t => {
  const [port = 0] = await freePorts(1);
  const serving = new SnapshotSource({
    isMember: () => false,
    directory: tmpdir(),
    sources: undefined as never,
  });
  const FetchSnapshot: ServerToServerHandlers['FetchSnapshot'] = call =>
    serving.serve(call, readEnvelope(present(call.request.envelope, 'envelope')));
  const services = [{ definition: ServerToServer.service, implementation: { FetchSnapshot } }];
  const server = await startGrpcServer({ host: 'localhost', port }, services);
  t.teardown(() => server.close());
  const said: string[] = [];
  const fetcher = new SnapshotFetcher({
    envelope: source => ({
      ...messageTo0({ type: 'requestVote' }, [fact('n9')]).envelope,
      to: source,
    }),
    directory: tmpdir(),
    archive: { lastSeq: 0 } as never,
    addressOf: id => ({ id, host: 'localhost', port }),
    say: text => said.push(text),
  });
  t.is(await fetcher.fetch('n1' as NodeId), undefined);
  t.regex(said.join(), /n9 is no member/);
});

const position = { term: 1, index: 2 };

test('a transfer goes on only where this server has asked for it, and its numbers are checked', t => {
  const header = (offset: number, sizeBytes = 100) =>
    readTransferHeader({ position, offset, sizeBytes }, 40);
  t.is(header(0).offset, 0);
  t.is(header(40).offset, 40);
  for (const offset of [1, 41, 2 ** 53, Number.NaN, -1]) t.throws(() => header(offset));
  t.throws(() => header(40, 39), { message: /offset is 40/ });
  t.throws(() => header(0, 2 ** 53), { message: /size_bytes/ });
  const batch = { index: 5, term: 1, wallMs: 7, firstSeq: 3, count: 2, data: Buffer.from('[1,2]') };
  t.deepEqual(readTransferredBatch(batch), batch);
  for (const field of ['index', 'term', 'wallMs', 'firstSeq', 'count']) {
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) {
      t.throws(() => readTransferredBatch({ ...batch, [field]: value }), undefined, field);
    }
  }
  t.throws(() => readTransferredBatch({ ...batch, count: 0 }), { message: /no object/ });
});

test('the numbers of whoever asks for a snapshot are checked', t => {
  const asked = { envelope: null, position, offset: 40, afterSeq: 3, throughSeq: 0 };
  t.deepEqual(readTransferRequest(asked), {
    known: position,
    offset: 40,
    afterSeq: 3,
    throughSeq: 0,
  });
  t.is(readTransferRequest({ ...asked, position: null }).known, undefined);
  for (const field of ['offset', 'afterSeq', 'throughSeq']) {
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) {
      t.throws(() => readTransferRequest({ ...asked, [field]: value }), undefined, field);
    }
  }
  t.throws(() => readTransferRequest({ ...asked, position: { term: 1, index: -1 } }));
});
