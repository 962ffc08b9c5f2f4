import type {
  Entry,
  HeartbeatReply,
  MessageBody,
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
  probeMs: wire.probeMs,
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

const writeEntry = ({ kind, payload, ...entry }: Entry): WireEntryWritten => ({
  ...entry,
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

export function writePullReply(body: PullBatch | PullRefused): Omit<WireReplyWritten, 'envelope'> {
  const { type, ...fields } = body;
  if (type === 'pullRefused') {
    return { refused: { ...(fields as PullRefused), reason: reasonNames[body.reason] } };
  }
  return {
    batch: {
      pullId: body.pullId,
      prev: body.prev,
      entries: body.entries.map(writeEntry),
      sourceLast: body.sourceLast,
      path: [...body.path],
    },
  };
}

export function readPullReply(wire: WireReply): MessageBody {
  if (wire.reply === 'batch') return readBatch(present(wire.batch, 'batch'));
  if (wire.reply === 'refused') return readRefused(present(wire.refused, 'refused'));
  throw new MalformedMessage('the reply is neither a batch nor a refusal');
}

const readBatch = (wire: WirePullBatch): PullBatch => ({
  type: 'pullBatch',
  pullId: count(wire.pullId, 'pullId'),
  prev: readPosition(wire.prev, 'prev'),
  entries: wire.entries.map(readEntry),
  sourceLast: readPosition(wire.sourceLast, 'sourceLast'),
  path: wire.path.map(id => name(id, 'path')),
});

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
