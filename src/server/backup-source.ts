import { type ServerWritableStream, status } from '@grpc/grpc-js';
import { positionAt } from '../consensus/log.ts';
import { batchesFrom, firstKeptSeq } from '../host/journal-reader.ts';
import { captureState } from '../state-machines/state-capture.ts';
import type { BackupReply } from '../transport/generated/gossipraft/BackupReply.ts';
import type { BackupRequest__Output as BackupRequest } from '../transport/generated/gossipraft/BackupRequest.ts';
import { write } from './patient-stream.ts';
import { notLeader, wrongCluster } from './refusals.ts';
import type { ServerContext } from './server-context.ts';

type Call = ServerWritableStream<BackupRequest, BackupReply>;

/** Backup: the state as of now, at a leader that has shown that it leads, and what was posted. */
export function serveBackup(context: ServerContext, call: Call): void {
  const { cluster, requests, applyLoop, host } = context;
  const wrong = wrongCluster(cluster(), call.request);
  if (wrong !== undefined) {
    call.end({ refused: wrong });
    return;
  }
  requests.confirmLeadership(answer => {
    if (answer === undefined) {
      call.end({ refused: notLeader(host.replica.leader) });
      return;
    }
    requests.whenApplied(answer.index, applyLoop.state.appliedIndex, () => {
      send(context, call).then(
        () => call.end(),
        (error: Error) => call.emit('error', { code: status.ABORTED, details: error.message }),
      );
    });
  });
}

async function send(context: ServerContext, call: Call): Promise<void> {
  const { applyLoop, host, archive, log, timers } = context;
  const { state } = applyLoop;
  const position = positionAt(host.replica.log, state.appliedIndex);
  const { lastSeq } = state.journal;
  const firstSeq = firstKeptSeq({ archive });
  const keys = state.keyValues.contents.keys.size;
  // Taken hold of before anything is waited for: all of it is of one moment.
  const records = captureState(state);
  await write(call, { header: { position, keys, firstSeq, lastSeq } });
  for (const record of records) await write(call, { record: Buffer.from(JSON.stringify(record)) });
  if (lastSeq > 0) {
    for await (const batch of batchesFrom({ state, log, archive, timers }, firstSeq)) {
      if (batch.index > position.index) break;
      await write(call, { batch: { ...batch, data: Buffer.from(batch.data) } });
    }
  }
  await write(call, { isComplete: true });
}
