import { join } from 'node:path';
import { type ClientReadableStream, credentials } from '@grpc/grpc-js';
import type { PeerAddress } from '../addresses.ts';
import type { ClusterId, Envelope, NodeId, Position } from '../consensus/types.ts';
import type { FetchedState } from '../host/surroundings.ts';
import type { ReplicatedState } from '../machines/frame/replicated-state.ts';
import type { ArchivedBatch } from '../storage/archive-file.ts';
import type { Range } from '../storage/archive-floor.ts';
import { type LogFile, nodeFileSystem } from '../storage/file-system.ts';
import type { JournalArchive } from '../storage/journal-archive.ts';
import { keepFetched } from '../storage/snapshot-file.ts';
import { addressOf, channelOptions } from '../transport/channel-options.ts';
import type { FetchSnapshotReply__Output as Reply } from '../transport/generated/gossipraft/FetchSnapshotReply.ts';
import { ServerToServer } from '../transport/proto-definitions.ts';
import { present } from '../transport/wire-checks.ts';
import { writeEnvelope } from '../transport/wire-gossip.ts';
import { readTransferHeader, readTransferredBatch } from '../transport/wire-snapshot.ts';
import { readState } from './load-state.ts';

/** A source that sends nothing for so long is given up. */
const silenceMs = 10_000;
const partName = 'snapshot.part';

export type SnapshotFetcherOptions = {
  /** Who asks, and whom: the source looks at it before anything else. */
  readonly envelope: (source: NodeId) => Envelope;
  readonly directory: string;
  readonly archive: JournalArchive;
  readonly addressOf: (source: NodeId) => PeerAddress | undefined;
  readonly say: (text: string) => void;
};

/** A part of a snapshot that is here already; another source may have the rest of it. */
type Part = {
  readonly position: Position;
  sizeBytes: number;
  /** Once it is whole. To read it takes a while, and who breaks off meanwhile is asked again. */
  state?: ReplicatedState | undefined;
};

/** Gets a snapshot, and the posted objects up to it, from a server whose log was cut. */
export class SnapshotFetcher {
  readonly #options: SnapshotFetcherOptions;
  #part: Part | undefined;
  #call: ClientReadableStream<Reply> | undefined;
  #filling: ClientReadableStream<Reply> | undefined;

  constructor(options: SnapshotFetcherOptions) {
    this.#options = options;
  }

  /** Both are durable here then; undefined when they could not be had. */
  fetch(source: NodeId): Promise<FetchedState | undefined> {
    return this.#fetch(source).catch(({ message }: Error) => {
      this.#options.say(`no snapshot from ${source}: ${message}`);
      return undefined;
    });
  }

  /** Breaks off what is under way. */
  cancel(): void {
    this.#call?.cancel();
    this.#filling?.cancel();
  }

  /** Gets posted objects that are lost here, and hands them over. */
  async fill(
    source: NodeId,
    gap: Range,
    keep: (batches: AsyncIterable<ArchivedBatch>) => Promise<void>,
  ): Promise<void> {
    const { envelope, addressOf: find } = this.#options;
    if (find(source) === undefined) throw new Error(`nobody knows where ${source} is`);
    await this.#ask(source, async client => {
      const call = client.fetchSnapshot({
        envelope: writeEnvelope(envelope(source)),
        afterSeq: gap.firstSeq - 1,
        throughSeq: gap.lastSeq,
      });
      this.#filling = call;
      await receiving(call, async replies => keep(batchesIn(await next(replies), replies)));
    });
  }

  #fetch(source: NodeId): Promise<FetchedState | undefined> {
    return this.#ask(source, client => this.#receive(source, client));
  }

  async #ask<Answer>(
    source: NodeId,
    run: (client: InstanceType<typeof ServerToServer>) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    const address = this.#options.addressOf(source);
    if (address === undefined) return undefined;
    const client = new ServerToServer(
      addressOf(address),
      credentials.createInsecure(),
      channelOptions,
    );
    try {
      return await run(client);
    } finally {
      client.close();
    }
  }

  async #receive(
    source: NodeId,
    client: InstanceType<typeof ServerToServer>,
  ): Promise<FetchedState> {
    const envelope = this.#options.envelope(source);
    const part = this.#part;
    const resumed = part === undefined ? {} : { position: part.position, offset: part.sizeBytes };
    const call = client.fetchSnapshot({
      envelope: writeEnvelope(envelope),
      ...resumed,
      afterSeq: this.#options.archive.lastSeq,
    });
    this.#call = call;
    const fetched = await receiving(call, replies => this.#keep(replies, envelope.clusterId));
    this.#options.say(`has the snapshot of entry ${fetched.position.index} from ${source}`);
    return fetched;
  }

  /** All that comes is durable then. */
  async #keep(replies: AsyncGenerator<Reply>, own: ClusterId | undefined): Promise<FetchedState> {
    const { directory, archive } = this.#options;
    const path = join(directory, partName);
    const { position, first } = await this.#receiveFile(path, replies);
    // First: what is posted behind a snapshot that is damaged, or not ours, must not count either.
    const state = await this.#check(path, own);
    await archive.add(batchesIn(first, replies), position.index);
    await keepFetched(nodeFileSystem, directory, path, position);
    this.#part = undefined;
    return { position, state };
  }

  /** Reads what has come whole; of one that is of no use nothing is kept. */
  async #check(path: string, own: ClusterId | undefined): Promise<ReplicatedState> {
    const part = this.#part;
    if (part?.state !== undefined) return part.state;
    try {
      const { state, clusterId } = await readState(path);
      demandSameCluster(own, clusterId);
      if (part !== undefined) part.state = state;
      return state;
    } catch (error) {
      this.#part = undefined;
      throw error;
    }
  }

  /** Returns the first reply after the file, too. */
  async #receiveFile(
    path: string,
    replies: AsyncGenerator<Reply>,
  ): Promise<{ position: Position; first: Reply }> {
    const answer = present((await next(replies)).header, 'header');
    const header = readTransferHeader(answer, this.#part?.sizeBytes ?? 0);
    const { position } = header;
    if (header.offset === 0) nodeFileSystem.remove(path);
    else this.#options.say(`goes on with a snapshot of which ${header.offset} bytes are here`);
    const isWhole = header.offset > 0 && header.offset === header.sizeBytes;
    const state = isWhole ? this.#part?.state : undefined;
    const part: Part = { position, sizeBytes: header.offset, state };
    this.#part = part;
    const file = await nodeFileSystem.openLogFile(path);
    try {
      const first = await copy(file, part, header.sizeBytes, replies);
      if (part.sizeBytes !== header.sizeBytes) throw new Error('the source broke off');
      return { position, first };
    } finally {
      await file.close();
    }
  }
}

/** The file says of which cluster it is: its source may have got it from anywhere. */
function demandSameCluster(own: ClusterId | undefined, found: ClusterId | undefined): void {
  if (own === undefined || found === undefined || own === found) return;
  throw new Error(`the snapshot is of the cluster ${found}, not of ${own}`);
}

async function copy(
  file: LogFile,
  part: Part,
  announcedBytes: number,
  replies: AsyncGenerator<Reply>,
): Promise<Reply> {
  for (;;) {
    const reply = await next(replies);
    if (reply.part !== 'data' || !reply.data) return reply;
    if (part.sizeBytes + reply.data.length > announcedBytes) {
      throw new Error(`the source sends more than the ${announcedBytes} bytes it has announced`);
    }
    await file.write(reply.data, part.sizeBytes);
    part.sizeBytes += reply.data.length;
  }
}

async function* batchesIn(
  first: Reply,
  replies: AsyncGenerator<Reply>,
): AsyncGenerator<ArchivedBatch> {
  for (let reply = first; reply.part !== 'isComplete'; reply = await next(replies)) {
    yield readTransferredBatch(present(reply.batch, 'batch'));
  }
}

async function next(replies: AsyncGenerator<Reply>): Promise<Reply> {
  const { value, done } = await replies.next();
  if (done === true) throw new Error('the source broke off');
  return value;
}

/** Whatever becomes of it: the source stops sending. */
async function receiving<Result>(
  call: ClientReadableStream<Reply>,
  run: (replies: AsyncGenerator<Reply>) => Promise<Result>,
): Promise<Result> {
  // The loop over it throws it; when that is over, nobody asks.
  call.on('error', () => undefined);
  const replies = patiently(call);
  try {
    return await run(replies);
  } finally {
    await replies.return(undefined);
  }
}

/** The replies of a call; a source that falls silent is given up. */
async function* patiently(call: ClientReadableStream<Reply>): AsyncGenerator<Reply> {
  const watch = (): NodeJS.Timeout =>
    setTimeout(() => call.destroy(new Error('the source fell silent')), silenceMs);
  let timer = watch();
  try {
    for await (const reply of call) {
      // What is done with it here takes as long as it takes.
      clearTimeout(timer);
      yield reply as Reply;
      timer = watch();
    }
  } finally {
    clearTimeout(timer);
    call.cancel();
  }
}
