import { join } from 'node:path';
import type { PeerAddress } from '../addresses.ts';
import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { type View, view } from '../consensus/protocol.ts';
import type { Event } from '../consensus/types.ts';
import { StartupError } from '../errors/startup-error.ts';
import type { Level } from '../events/sentences.ts';
import { type CreatedHost, createHost } from '../host/create-host.ts';
import type { SnapshotStore } from '../host/surroundings.ts';
import { EventLog } from '../logging/event-log.ts';
import { nodeFileSystem } from '../storage/file-system.ts';
import type { Retention } from '../storage/journal-archive.ts';
import { openServerStorage, type ServerStorage } from '../storage/server-storage.ts';
import { writeSnapshot } from '../storage/snapshot-file.ts';
import { type GrpcServer, startGrpcServer } from '../transport/grpc-server.ts';
import { createGrpcTransport } from '../transport/grpc-transport.ts';
import { ClientToServer } from '../transport/proto-definitions.ts';
import type { TransportListener } from '../transport/transport.ts';
import { mebibyte, type NodeId } from '../words.ts';
import { bootReplica } from './boot-replica.ts';
import { clientService } from './client-service.ts';
import { diskStanding, tellWhatWasFound, watchSpace } from './disk-events.ts';
import { diskSentence } from './disk-sentence.ts';
import { FileKeeper } from './file-keeper.ts';
import { Foreigners } from './foreigners.ts';
import { leave, silence } from './leave.ts';
import { hostListenerFor, listenerFor, observerFor } from './listeners.ts';
import { ListeningPlaces } from './listening-places.ts';
import { type LoadedState, loadState } from './load-state.ts';
import { peerAddresses } from './peer-addresses.ts';
import { machineClock, processTimers } from './real-world.ts';
import { serveClient } from './rpc/serve-client.ts';
import type { ServerContext } from './server-context.ts';
import type { ServerOptions } from './server-options.ts';
import { SnapshotFetcher } from './snapshot-fetcher.ts';
import { SnapshotSource } from './snapshot-source.ts';
import { TextRecords } from './text-records.ts';
import { takeUpOldData } from './upgrade-events.ts';

export type RunningServer = {
  /** Writes a line into the server's log. */
  say(level: Level, text: string): void;
  /** Where the members are, as far as this server knows. */
  addresses(): readonly PeerAddress[];
  /** What the configuration file wants of the members and has not got, for whoever asks. */
  showOpenChanges(sentences: readonly string[]): void;
  /**
   * All servers of this machine are about to stop: whatever becomes of the others from now on is no
   * news, and nobody is there to hand over to.
   */
  silence(): void;
  stop(): Promise<void>;
};

/** A restart reads a segment at a time, so this is also what it needs of memory. */
const segmentMaxBytes = 64 * mebibyte;
const hourMs = 60 * 60 * 1000;
/** A port may be held for a moment by an outgoing connection, or by who is just being stopped. */
const listenRetryMs = 5000;
/** A silent link is given up after this many election timeouts. */
const silenceTimeouts = 3;

/** Starts one server of the cluster. Throws a StartupError with one sentence when it cannot. */
export async function runServer(options: ServerOptions): Promise<RunningServer> {
  const { configuration, dataRoot, nodeId } = options;
  const endpoint = endpointOf(options);
  const file = join(dataRoot, 'logs', `${nodeId}.log`);
  const eventLog = new EventLog({ name: nodeId, format: options.logFormat, file });
  for (const warning of configuration.warnings) eventLog.say('warn', warning);

  const fatal = fatalHandler(options, eventLog);
  let server: Wired | undefined;
  const storage = await openServerStorage({
    dataDirectory: join(dataRoot, nodeId),
    clusterName: configuration.clusterName,
    nodeId,
    tailMaxBytes: configuration.limits.tailMaxBytes,
    segmentMaxBytes: Math.min(segmentMaxBytes, configuration.limits.snapshotIntervalBytes),
    reserveBytes: configuration.limits.diskReserveBytes,
    listener: {
      persisted: (logGeneration, index) =>
        server?.context.host.dispatch({ type: 'persisted', logGeneration, index }),
      failed: error => fatal(diskSentence(error, join(dataRoot, nodeId))),
    },
    load: directory => loadState(directory, text => eventLog.say('warn', text)),
  });
  const tellWhenUpgraded = await takeUp(storage, eventLog);
  const places = new ListeningPlaces(nodeId as NodeId, eventLog);
  server = wire(options, storage, eventLog, fatal, places);
  const grpc = await startGrpcServer(endpoint, server.services, {
    retryMs: listenRetryMs,
    waiting: text => eventLog.say('warn', text),
    refused: (address, reason) => eventLog.refused(address, reason),
  }).catch(async error => {
    await server?.context.transport.close();
    await storage.close();
    throw error;
  });
  grpc.setHealth('SERVING');
  eventLog.say(
    'info',
    `listens on ${endpoint.host}:${endpoint.port}, data in ${dataRoot}/${nodeId}`,
  );
  places.start(server.context.host.view(), grpc, endpoint);
  tellWhenUpgraded(server.context);
  server.context.start();
  server.keeper.start();
  const { context } = server;
  return {
    say: (level, text) => eventLog.say(level, text),
    addresses: () => [endpoint, ...peerAddresses(context.host.view())],
    showOpenChanges: sentences => {
      context.openChanges = sentences;
    },
    silence: () => silence(context),
    stop: once(async () => {
      await leave(server.context);
      await stop(server, grpc, storage, eventLog);
    }),
  };
}

async function takeUp(storage: Storage, eventLog: EventLog): ReturnType<typeof takeUpOldData> {
  tellWhatWasFound(storage, eventLog);
  await watchSpace(storage, eventLog);
  return takeUpOldData(storage, eventLog);
}

function endpointOf({ configuration, nodeId }: ServerOptions): PeerAddress {
  const node = configuration.nodes[nodeId];
  if (node !== undefined) return { ...node, id: nodeId as NodeId };
  const known = Object.keys(configuration.nodes).join(', ');
  throw new StartupError(
    `there is no server "${nodeId}" in ${configuration.path}; it lists ${known}`,
  );
}

type Storage = ServerStorage<LoadedState>;

type Wired = {
  readonly context: ServerContext;
  readonly services: Parameters<typeof startGrpcServer>[1];
  /** Breaks off what waits for other servers. */
  readonly breakOff: () => void;
  readonly keeper: FileKeeper;
};

function wire(
  options: ServerOptions,
  storage: Storage,
  eventLog: EventLog,
  fatal: (sentence: string) => void,
  places: ListeningPlaces,
): Wired {
  const { configuration } = options;
  const { log, archive, loaded } = storage;
  const nodeId = options.nodeId as NodeId;
  const replica = bootReplica(configuration, nodeId, storage);
  const standing = view(replica);
  const textRecords = textRecordsFor(options, storage, standing, eventLog);
  const foreigners = new Foreigners();
  const dispatch = (event: Event): void => host.host.dispatch(event);
  const listener = listenerFor(dispatch, foreigners, eventLog);
  const { transport, service } = transportFor(options, storage, standing, listener);
  const snapshotStore = snapshotStoreFor(options, storage, standing, eventLog);
  const followMembers = (): void => {
    transport.follow(peerAddresses(standing));
    places.follow(standing);
  };
  const host = createHost({
    replica,
    state: loaded.state,
    snapshot: loaded,
    clock: machineClock,
    timers: processTimers,
    log,
    metadata: storage.metadata,
    archive,
    snapshotStore,
    outbox: transport,
    observer: observerFor(standing, eventLog, textRecords),
    listener: hostListenerFor(options, followMembers, fatal, eventLog),
    limits: { ...configuration.limits, history: historyLimitsOf(configuration) },
    retention: retentionFor(configuration),
  });
  followMembers();
  const keeper = keeperFor(options, storage, host, snapshotStore.fetcher, eventLog);
  const context: ServerContext = {
    ...host,
    cluster: () => standing.cluster,
    foreigners,
    nodeId,
    startedAtWallMs: Date.now(),
    archive,
    transport,
    textRecords,
    openChanges: [],
    ...diskStanding(storage, keeper),
  };
  const forClients = { definition: ClientToServer.service, implementation: clientService(context) };
  return {
    context,
    services: [service, forClients, ...serveClient(context)],
    breakOff: () => snapshotStore.fetcher.cancel(),
    keeper,
  };
}

function transportFor(
  { dataRoot, nodeId }: ServerOptions,
  { loaded: { state }, log, archive }: Storage,
  standing: View,
  listener: TransportListener,
): ReturnType<typeof createGrpcTransport> {
  const isMember: View['isKnown'] = server => standing.isKnown(server);
  const directory = join(dataRoot, nodeId);
  const sources = { state, log, archive, timers: processTimers };
  const snapshotSource = new SnapshotSource({ isMember, directory, sources });
  return createGrpcTransport({
    cluster: () => standing.cluster,
    isMember,
    self: nodeId as NodeId,
    silenceMs: silenceTimeouts * standing.timings.electionTimeoutMs,
    listener,
    fetchSnapshot: (call, envelope) => snapshotSource.serve(call, envelope),
  });
}

/** Snapshots in files, and those of the others over gRPC. */
function snapshotStoreFor(
  { dataRoot, nodeId }: ServerOptions,
  { archive, loaded }: Storage,
  standing: View,
  eventLog: EventLog,
): SnapshotStore & { readonly fetcher: SnapshotFetcher } {
  const directory = join(dataRoot, nodeId);
  const fetcher = new SnapshotFetcher({
    envelope: source => standing.envelopeTo(source),
    directory,
    archive,
    addressOf: source => peerAddresses(standing).find(({ id }) => id === source),
    say: text => eventLog.say('info', text),
  });
  return {
    save: (position, records, isStopped) => {
      const header = { ...standing.cluster, position, commandLevel: loaded.state.level };
      return writeSnapshot(nodeFileSystem, directory, header, records, isStopped);
    },
    fetch: source => fetcher.fetch(source),
    fetcher,
  };
}

const keeperFor = (
  { dataRoot, nodeId, configuration }: ServerOptions,
  { archive, log, metadata, loaded: { state } }: Storage,
  { host, dropLogBefore }: CreatedHost,
  fetcher: SnapshotFetcher,
  eventLog: EventLog,
): FileKeeper =>
  new FileKeeper({
    directory: join(dataRoot, nodeId),
    log,
    archive,
    metadata,
    sources: { state, log, archive },
    bytesPerSecond: configuration.limits.checkBytesPerSecond,
    others: () => [...host.view().peers],
    fill: (source, gap, keep) => fetcher.fill(source, gap, keep),
    dropLogBefore,
    say: (level, text) => eventLog.say(level, text),
  });

const historyLimitsOf = ({ limits }: LoadedConfiguration) => ({
  setsMax: limits.historyMaxRevisions,
  bytesMax: limits.historyMaxBytes,
  ageMs: (limits.historyMaxHours ?? 0) * hourMs,
});

const retentionFor = ({ retention }: LoadedConfiguration): Retention => ({
  maxBytes: retention.entriesMaxBytes,
  maxAgeMs:
    retention.entriesMaxHours === undefined ? undefined : retention.entriesMaxHours * hourMs,
});

function textRecordsFor(
  { hasTextRecords, dataRoot, nodeId }: ServerOptions,
  storage: Storage,
  standing: View,
  eventLog: EventLog,
): TextRecords | undefined {
  if (!hasTextRecords) return undefined;
  return new TextRecords({
    self: nodeId as NodeId,
    root: dataRoot,
    lineCount: standing.appliedIndex,
    isNew: storage.isNew,
    onKept: path =>
      eventLog.say(
        'info',
        `the data directory is empty: the text log of before is kept as ${path}`,
      ),
    standing: () => ({
      term: standing.term,
      commitIndex: standing.commit.index,
      vote: standing.vote,
    }),
    onFailure: ({ message }) => eventLog.say('warn', `no more text records: ${message}`),
  });
}

/** Only the first one counts: what fails after it fails because of it. */
function fatalHandler(options: ServerOptions, eventLog: EventLog): (sentence: string) => void {
  let isOver = false;
  return sentence => {
    if (isOver) return;
    isOver = true;
    eventLog.sayLast(sentence);
    options.onFatal(sentence);
  };
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= run();
    return running;
  };
}

async function stop(
  { context, breakOff, keeper }: Wired,
  grpc: GrpcServer,
  storage: ServerStorage,
  eventLog: EventLog,
): Promise<void> {
  context.host.stop();
  const kept = keeper.stop();
  breakOff();
  // Before anything is waited for: who connects to a host that has stopped gets no answer.
  await context.transport.close();
  await grpc.close();
  await kept;
  context.noteLast();
  await context.stop();
  context.textRecords?.close();
  await storage.close();
  await eventLog.close('stopped');
}
