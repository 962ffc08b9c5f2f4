import type { ServerWritableStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { isSamePosition } from '../consensus/position.ts';
import type { Envelope, Identity, Position } from '../consensus/types.ts';
import { batchesFrom, firstKeptSeq, type JournalSources } from '../host/journal-reader.ts';
import { nodeFileSystem } from '../storage/file-system.ts';
import { snapshotHeader, snapshotPaths } from '../storage/snapshot-file.ts';
import type { FetchSnapshotReply } from '../transport/generated/gossipraft/FetchSnapshotReply.ts';
import type { FetchSnapshotRequest__Output as FetchSnapshotRequest } from '../transport/generated/gossipraft/FetchSnapshotRequest.ts';
import { readTransferRequest, type TransferRequest } from '../transport/wire-snapshot.ts';
import { write } from './patient-stream.ts';

const chunkBytes = 256 * 1024;

type Call = ServerWritableStream<FetchSnapshotRequest, FetchSnapshotReply>;

/** FetchSnapshot, the source's side: the file from where the other has it, then posted objects. */
export class SnapshotSource {
  readonly #isMember: (server: Pick<Identity, 'id' | 'directoryId'>) => boolean;
  readonly #directory: string;
  readonly #sources: JournalSources;

  constructor(options: {
    /** The state of the cluster is for its members. */
    readonly isMember: (server: Pick<Identity, 'id' | 'directoryId'>) => boolean;
    readonly directory: string;
    readonly sources: JournalSources;
  }) {
    this.#isMember = options.isMember;
    this.#directory = options.directory;
    this.#sources = options.sources;
  }

  serve(call: Call, { from, fromDirectoryId }: Envelope): void {
    if (!this.#isMember({ id: from, directoryId: fromDirectoryId })) {
      call.emit('error', { code: status.PERMISSION_DENIED, details: `${from} is no member` });
      return;
    }
    this.#send(call).then(
      () => call.end(),
      (error: Error) => call.emit('error', { code: status.ABORTED, details: error.message }),
    );
  }

  async #send(call: Call): Promise<void> {
    const request = readTransferRequest(call.request);
    const { afterSeq, throughSeq } = request;
    if (throughSeq > 0) {
      // A file of theirs is lost.
      for await (const batch of batchesFrom(this.#sources, afterSeq + 1, throughSeq)) {
        await write(call, { batch: { ...batch, data: Buffer.from(batch.data) } });
      }
      await write(call, { isComplete: true });
      return;
    }
    const [path] = snapshotPaths(nodeFileSystem, this.#directory);
    if (path === undefined) throw new Error('there is no snapshot yet');
    const position = await this.#sendFile(call, path, request);
    // What the retention has dropped here is dropped there, too.
    const fromSeq = Math.max(afterSeq + 1, firstKeptSeq(this.#sources));
    for await (const batch of batchesFrom(this.#sources, fromSeq)) {
      if (batch.index > position.index || call.cancelled) break;
      await write(call, { batch: { ...batch, data: Buffer.from(batch.data) } });
    }
    await write(call, { isComplete: true });
  }

  /** A newer snapshot may take its place meanwhile; an open file stays as it is. */
  async #sendFile(
    call: Call,
    path: string,
    { known, offset: knownBytes }: TransferRequest,
  ): Promise<Position> {
    const { position } = await snapshotHeader(nodeFileSystem, path);
    const isSame = known !== undefined && isSamePosition(known, position);
    const file = await nodeFileSystem.openToRead(path);
    try {
      const sizeBytes = await file.sizeBytes();
      let offset = isSame && knownBytes <= sizeBytes ? knownBytes : 0;
      await write(call, { header: { position, sizeBytes, offset } });
      const buffer = Buffer.alloc(chunkBytes);
      while (offset < sizeBytes && !call.cancelled) {
        const count = await file.read(buffer, offset);
        if (count === 0) throw new Error('the snapshot is shorter than it was');
        await write(call, { data: Buffer.from(buffer.subarray(0, count)) });
        offset += count;
      }
    } finally {
      await file.close();
    }
    return position;
  }
}
