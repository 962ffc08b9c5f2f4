import type { Position } from '../consensus/types.ts';
import type { FetchSnapshotRequest__Output as WireRequest } from './generated/gossipraft/FetchSnapshotRequest.ts';
import type { PostedBatch__Output as WireBatch } from './generated/gossipraft/PostedBatch.ts';
import type { SnapshotHeader__Output as WireHeader } from './generated/gossipraft/SnapshotHeader.ts';
import { count, MalformedMessage } from './wire-checks.ts';
import { readPosition } from './wire-gossip.ts';

/* What servers say that pass a snapshot on, or ask for one, checked: it is written as it comes. */

export type TransferRequest = {
  /** The snapshot of which `offset` bytes are there already. */
  readonly known: Position | undefined;
  readonly offset: number;
  readonly afterSeq: number;
  /** 0: the snapshot, and what was posted up to it. */
  readonly throughSeq: number;
};

export function readTransferRequest(request: WireRequest): TransferRequest {
  const { position, offset, afterSeq, throughSeq } = request;
  return {
    known: position === null ? undefined : readPosition(position, 'position'),
    offset: count(offset, 'offset'),
    afterSeq: count(afterSeq, 'after_seq'),
    throughSeq: count(throughSeq, 'through_seq'),
  };
}

type TransferHeader = {
  readonly position: Position;
  readonly sizeBytes: number;
  /** Where it begins: what lies before is there already. */
  readonly offset: number;
};

/** `knownBytes`: how much of a file the receiver has said to have. */
export function readTransferHeader(header: WireHeader, knownBytes: number): TransferHeader {
  const position = readPosition(header.position, 'position');
  const sizeBytes = count<number>(header.sizeBytes, 'size_bytes');
  const { offset } = header;
  if ((offset !== 0 && offset !== knownBytes) || offset > sizeBytes) {
    throw new MalformedMessage(`offset is ${offset}, and ${knownBytes} bytes are here`);
  }
  return { position, sizeBytes, offset };
}

type TransferredBatch = {
  readonly index: number;
  readonly term: number;
  readonly wallMs: number;
  readonly firstSeq: number;
  readonly count: number;
  readonly data: Uint8Array;
};

export function readTransferredBatch(batch: WireBatch): TransferredBatch {
  const firstSeq = count<number>(batch.firstSeq, 'first_seq');
  const objects = count<number>(batch.count, 'count');
  if (firstSeq === 0 || objects === 0) throw new MalformedMessage('a batch holds no object');
  return {
    index: count(batch.index, 'index'),
    term: count(batch.term, 'term'),
    wallMs: count(batch.wallMs, 'wall_ms'),
    firstSeq,
    count: objects,
    data: batch.data,
  };
}
