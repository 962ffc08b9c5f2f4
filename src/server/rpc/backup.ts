import { type ServerWritableStream, status } from '@grpc/grpc-js';
import type { LogIndex } from '../../consensus/types.ts';
import {
  batchesFrom,
  firstKeptSeq,
  journalOf,
  UnreadableObjects,
} from '../../host/journal-reader.ts';
import { notApplied } from '../../host/refusal.ts';
import { upgradeRefusal } from '../../host/upgrading.ts';
import { captureState, keysIn } from '../../machines/frame/state-records.ts';
import { type KeysState, keysSlot } from '../../machines/keys/state.ts';
import { BackupCount, type BackupPart, piecesOf } from '../../storage/backup-items.ts';
import type { BackupRange__Output as BackupRange } from '../../transport/generated/gossipraft/BackupRange.ts';
import type { BackupReply } from '../../transport/generated/gossipraft/BackupReply.ts';
import type { BackupRequest__Output as BackupRequest } from '../../transport/generated/gossipraft/BackupRequest.ts';
import { writePiece } from '../../transport/wire-backup.ts';
import { count, reasonOf } from '../../transport/wire-checks.ts';
import { write } from '../patient-stream.ts';
import { notLeader, refused, refusedByHost } from '../refusals.ts';
import type { ServerContext } from '../server-context.ts';

type Call = ServerWritableStream<BackupRequest, BackupReply>;

/**
 * Backup: the state as of now, at a leader that has shown that it leads, and what was posted; or
 * a part of what was posted, at any server, for whom another one could not give it.
 */
export const backup = (context: ServerContext) => (call: Call) => {
  const { requests, applyLoop, host } = context;
  const serve = (send: () => Promise<void>): void => {
    send().then(
      () => call.end(),
      (error: Error) => call.emit('error', { code: status.ABORTED, details: error.message }),
    );
  };
  const serveWhenApplied = (index: number, send: () => Promise<void>): void =>
    requests.whenApplied(index, applyLoop.state.appliedIndex, isApplied => {
      const refusal = upgradeRefusal(context);
      if (refusal !== undefined) call.end({ refused: refusedByHost(refusal) });
      else if (isApplied) serve(send);
      else call.end({ refused: refusedByHost(notApplied(index)) });
    });
  const { range } = call.request;
  if (range !== null) {
    const problem = problemOf(range);
    if (problem !== undefined) call.end({ refused: refused('REFUSAL_INVALID', problem) });
    else serveWhenApplied(range.appliedIndex, () => sendObjects(context, call, range));
    return;
  }
  requests.confirmLeadership(answer => {
    if (answer.type === 'readable') serveWhenApplied(answer.index, () => sendAll(context, call));
    else call.end({ refused: notLeader(host.view().leader) });
  });
};

function problemOf({ fromSeq, throughSeq, appliedIndex }: BackupRange): string | undefined {
  try {
    for (const [field, number] of Object.entries({ fromSeq, throughSeq, appliedIndex })) {
      count(number, field);
    }
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

async function sendAll(context: ServerContext, call: Call): Promise<void> {
  const { applyLoop, host, archive, timers } = context;
  const { state } = applyLoop;
  // All of it is of one moment, and nothing of it is dropped before it was sent.
  const position = host.view().positionAt(state.appliedIndex as LogIndex);
  const { lastSeq } = journalOf(state);
  const firstSeq = firstKeptSeq({ archive });
  const keys = (state.states[keysSlot.name] as KeysState).keys.size;
  const records = captureState(state);
  const release = archive.hold();
  try {
    const { clusterId } = context.cluster();
    await write(call, {
      header: { position, keys, firstSeq, lastSeq, ...(clusterId && { clusterId }) },
    });
    const sender = new PartSender(call);
    for (const record of records) {
      // A large one takes a while to be put into words: what is written already goes first, and
      // the peers are heard in between.
      await timers.turnOfTheOthers();
      await sender.send({ type: 'record', bytes: record, keys: keysIn(record) });
    }
    await sender.end();
    await sendObjects(context, call, { fromSeq: firstSeq, throughSeq: lastSeq });
  } finally {
    release();
  }
}

async function sendObjects(
  { applyLoop, log, archive, timers }: ServerContext,
  call: Call,
  { fromSeq, throughSeq }: Pick<BackupRange, 'fromSeq' | 'throughSeq'>,
): Promise<void> {
  const sources = { state: applyLoop.state, log, archive, timers };
  const sender = new PartSender(call);
  try {
    for await (const batch of batchesFrom(sources, fromSeq, throughSeq)) {
      await sender.send({ type: 'batch', batch });
    }
  } catch (error) {
    if (!(error instanceof UnreadableObjects)) throw error;
    await sender.end(error.message);
    return;
  }
  await sender.end();
}

/** Sends parts in pieces, and in the end what they were together. */
class PartSender {
  readonly #call: Call;
  readonly #count = new BackupCount();
  #itemCount = 0;

  constructor(call: Call) {
    this.#call = call;
  }

  async send(part: BackupPart): Promise<void> {
    this.#count.add(part);
    for (const piece of piecesOf(part, this.#itemCount)) {
      await write(this.#call, { piece: writePiece(piece) });
    }
    this.#itemCount += 1;
  }

  async end(gap = ''): Promise<void> {
    await write(this.#call, { end: { totals: this.#count.totals, gap } });
  }
}
