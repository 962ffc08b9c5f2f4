import type {
  Entry,
  HeartbeatReply,
  MessageBody,
  Position,
  PullBatch,
  PullEntries,
  PullRefused,
  PullRefusedReason,
} from '../consensus/types.ts';
import type {
  Entry__Output as WireEntry,
  Entry as WireEntryWritten,
} from './generated/gossipraft/Entry.ts';
import type { HeartbeatReply__Output as WireHeartbeatReply } from './generated/gossipraft/HeartbeatReply.ts';
import type { PullBatch__Output as WirePullBatch } from './generated/gossipraft/PullBatch.ts';
import type {
  PullEntriesReply__Output as WireReply,
  PullEntriesReply as WireReplyWritten,
} from './generated/gossipraft/PullEntriesReply.ts';
import type { PullEntriesRequest__Output as WireRequest } from './generated/gossipraft/PullEntriesRequest.ts';
import type { PullRefused__Output as WireRefused } from './generated/gossipraft/PullRefused.ts';
import type { PullRefusedReason__Output as WireReason } from './generated/gossipraft/PullRefusedReason.ts';
import { type Assembly, type Piece, partsOf, pieceMaxBytes } from './pieces.ts';
import { count, duration, MalformedMessage, name, present } from './wire-checks.ts';
import { readPosition } from './wire-gossip.ts';

/* The bodies that have more to say than their envelope. */

const reasonNames = {
  diverged: 'PULL_REFUSED_REASON_DIVERGED',
  tooOld: 'PULL_REFUSED_REASON_TOO_OLD',
  notServing: 'PULL_REFUSED_REASON_NOT_SERVING',
  truncated: 'PULL_REFUSED_REASON_TRUNCATED',
} as const satisfies Record<PullRefusedReason, WireReason>;
const reasons = new Map<WireReason, PullRefusedReason>(
  Object.entries(reasonNames).map(([reason, wire]) => [wire, reason as PullRefusedReason]),
);

export const readHeartbeatReply = (wire: WireHeartbeatReply): HeartbeatReply => ({
  type: 'heartbeatReply',
  probeMs: duration(wire.probeMs, 'probeMs'),
  staleMs: wire.staleMs === undefined ? undefined : duration(wire.staleMs, 'staleMs'),
  upTo: readPosition(wire.upTo, 'upTo'),
});

export const writeHeartbeatReply = ({ probeMs, staleMs, upTo }: HeartbeatReply) => ({
  probeMs,
  upTo,
  ...(staleMs === undefined ? {} : { staleMs }),
});

export function readPullEntries(wire: WireRequest): PullEntries {
  return {
    type: 'pullEntries',
    pullId: count(wire.pullId, 'pullId'),
    prev: readPosition(wire.prev, 'prev'),
    logGeneration: count(wire.logGeneration, 'logGeneration'),
    consumedBytes: count(wire.consumedBytes, 'consumedBytes'),
    windowBytes: count(wire.windowBytes, 'windowBytes'),
  };
}

const writeEntry = ({ index, term, wallMs, kind, payload }: Entry): WireEntryWritten => ({
  index,
  term,
  wallMs,
  kind: kind === 'noop' ? 'ENTRY_KIND_NOOP' : 'ENTRY_KIND_COMMAND',
  // A view, not a copy: the encoder takes Buffers.
  payload: Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
});

function readEntry(wire: WireEntry): Entry {
  const { kind } = wire;
  if (kind !== 'ENTRY_KIND_NOOP' && kind !== 'ENTRY_KIND_COMMAND') {
    throw new MalformedMessage(`entry.kind is ${kind}`);
  }
  return {
    index: count(wire.index, 'entry.index'),
    term: count(wire.term, 'entry.term'),
    wallMs: count(wire.wallMs, 'entry.wallMs'),
    kind: kind === 'ENTRY_KIND_NOOP' ? 'noop' : 'command',
    payload: wire.payload,
  };
}

type WrittenReply = Omit<WireReplyWritten, 'envelope'>;

/** The answer in messages of a bounded size; each batch among them proves its own place. */
export function* writePullReply(body: PullBatch | PullRefused): Generator<WrittenReply> {
  if (body.type === 'pullRefused') {
    const { type: _, ...fields } = body;
    yield { refused: { ...fields, reason: reasonNames[body.reason] } };
    return;
  }
  let { prev } = body;
  for (const entries of groupsOf(body.entries)) {
    const [first] = entries;
    if (first !== undefined && first.payload.length > pieceMaxBytes) {
      for (const { bytes, piece } of partsOf(first.payload)) {
        yield writeBatch(body, prev, [{ ...first, payload: bytes }], piece);
      }
    } else yield writeBatch(body, prev, entries);
    prev = entries.at(-1) ?? prev;
  }
}

/** Runs of entries that fit into one message; what fits into none stands alone. */
function* groupsOf(entries: readonly Entry[]): Generator<readonly Entry[]> {
  let begin = 0;
  let bytes = 0;
  for (const [place, { payload }] of entries.entries()) {
    if (place > begin && bytes + payload.length > pieceMaxBytes) {
      yield entries.slice(begin, place);
      begin = place;
      bytes = 0;
    }
    bytes += payload.length;
  }
  yield entries.slice(begin);
}

const writeBatch = (
  { pullId, sourceLast, path }: PullBatch,
  { term, index }: Position,
  entries: readonly Entry[],
  piece?: Piece,
): WrittenReply => ({
  batch: {
    pullId,
    prev: { term, index },
    entries: entries.map(writeEntry),
    sourceLast,
    path: [...path],
    ...(piece === undefined ? {} : { piece }),
  },
});

/** Reads the answers of one stream, in their order. */
export function readPullReply(wire: WireReply, assembly: Assembly): MessageBody {
  if (wire.reply === 'batch') return readBatch(present(wire.batch, 'batch'), assembly);
  if (wire.reply === 'refused') return readRefused(present(wire.refused, 'refused'));
  throw new MalformedMessage('the reply is neither a batch nor a refusal');
}

const readBatch = (wire: WirePullBatch, assembly: Assembly): PullBatch => ({
  type: 'pullBatch',
  pullId: count(wire.pullId, 'pullId'),
  prev: readPosition(wire.prev, 'prev'),
  entries: readEntries(wire, assembly),
  sourceLast: readPosition(wire.sourceLast, 'sourceLast'),
  path: wire.path.map(id => name(id, 'path')),
});

/** None while an entry that comes in parts is not complete: but the source is known to live. */
function readEntries({ pullId, entries, piece }: WirePullBatch, assembly: Assembly): Entry[] {
  const read = entries.map(readEntry);
  if (piece === null) {
    assembly.drop();
    return read;
  }
  const [entry] = read;
  if (entry === undefined || read.length > 1) {
    throw new MalformedMessage(`a part of an entry came with ${read.length} entries`);
  }
  const { payload, ...header } = entry;
  const whole = assembly.take(`${pullId} ${JSON.stringify(header)}`, payload, piece);
  return whole === undefined ? [] : [{ ...header, payload: whole }];
}

function readRefused(wire: WireRefused): PullRefused {
  const reason = reasons.get(wire.reason);
  if (reason === undefined) throw new MalformedMessage(`reason is ${wire.reason}`);
  return {
    type: 'pullRefused',
    pullId: count(wire.pullId, 'pullId'),
    prev: readPosition(wire.prev, 'prev'),
    logGeneration: count(wire.logGeneration, 'logGeneration'),
    reason,
    sourceLast: readPosition(wire.sourceLast, 'sourceLast'),
    hint: readPosition(wire.hint, 'hint'),
  };
}
