import { Metadata, type ServerDuplexStream, type ServerWritableStream } from '@grpc/grpc-js';
import type { NodeId } from '../consensus/types.ts';
import { withoutRoom } from '../host/idempotency-room.ts';
import { firstKeptSeq, readJournal, UnreadableObjects } from '../host/journal-reader.ts';
import { rangeText, readKeys } from '../host/key-reader.ts';
import { ReadGate } from '../host/read-gate.ts';
import { notApplied } from '../host/refusal.ts';
import { encodeCommand } from '../state-machines/command.ts';
import { encodeResult } from '../state-machines/result.ts';
import type { AckEntriesReply } from '../transport/generated/gossipraft/AckEntriesReply.ts';
import type { AckEntriesRequest__Output as AckRequest } from '../transport/generated/gossipraft/AckEntriesRequest.ts';
import type { ClientToServerHandlers } from '../transport/generated/gossipraft/ClientToServer.ts';
import type { OpenSessionReply } from '../transport/generated/gossipraft/OpenSessionReply.ts';
import type { OpenSessionRequest__Output as OpenSessionRequest } from '../transport/generated/gossipraft/OpenSessionRequest.ts';
import type { PutEntriesReply } from '../transport/generated/gossipraft/PutEntriesReply.ts';
import type { PutEntriesRequest__Output as PutRequest } from '../transport/generated/gossipraft/PutEntriesRequest.ts';
import type { ReadKeysReply } from '../transport/generated/gossipraft/ReadKeysReply.ts';
import type { ReadKeysRequest__Output as ReadKeysRequest } from '../transport/generated/gossipraft/ReadKeysRequest.ts';
import type { Refused } from '../transport/generated/gossipraft/Refused.ts';
import type { TransferLeadershipReply } from '../transport/generated/gossipraft/TransferLeadershipReply.ts';
import { Assembly, NoRoomForParts, type Room, wholeMaxBytes } from '../transport/pieces.ts';
import { reasonOf } from '../transport/wire-checks.ts';
import { readCommands } from '../transport/wire-commands.ts';
import { AckStream } from './ack-stream.ts';
import { serveBackup } from './backup-source.ts';
import { refusalOfCommands } from './command-checks.ts';
import { describeServer } from './describe-server.ts';
import { changeMembers } from './member-service.ts';
import {
  diskFull,
  notLeader,
  refused,
  refusedByCore,
  refusedByHost,
  refusedKeys,
  wrongCluster,
} from './refusals.ts';
import type { ServerContext } from './server-context.ts';
import { watchKeys } from './watch-keys.ts';
import { readConsistency, writeConsistency } from './wire-consistency.ts';

/** Entries in one answer, however many are asked for. */
const pageMaxEntries = 10_000;
/** Answers that may wait for a client that does not read. */
const replyBacklogMaxMessages = 1000;
/** What all clients together may have sent in parts that is not complete yet. */
const roomMaxBytes = 4 * wholeMaxBytes;

/** What client servers ask of a server: the only way in for data. */
export class ClientService {
  readonly #context: ServerContext;
  readonly #gate: ReadGate;
  readonly #room: Room = { usedBytes: 0, maxBytes: roomMaxBytes };

  constructor(context: ServerContext) {
    this.#context = context;
    this.#gate = new ReadGate(context);
  }

  handlers(): ClientToServerHandlers {
    return {
      OpenSession: ({ request }, callback) =>
        this.#openSession(request, reply => callback(null, reply)),
      PutEntries: call => this.#putEntries(call),
      AckEntries: call => this.#ackEntries(call),
      ReadEntries: ({ request }, callback) => {
        this.#whenReadable(request, request.isLinearizable, refusal => {
          if (refusal !== undefined) callback(null, { refused: refusal });
          else {
            this.#page(request)
              .then(page => ({ page }), unreadable)
              .then(reply => callback(null, reply), callback);
          }
        });
      },
      ReadBatch: ({ request }, callback) =>
        this.#whenReadable(request, true, refusal => {
          if (refusal !== undefined) callback(null, { refused: refusal });
          else callback(null, this.#batch(request.batchId));
        }),
      ReadKeys: ({ request }, callback) => this.#readKeys(request, reply => callback(null, reply)),
      WatchKeys: call => watchKeys(this.#context, call),
      TransferLeadership: ({ request }, callback) => {
        const refusal = this.#wrongCluster(request);
        if (refusal !== undefined) callback(null, { refused: refusal });
        else this.#transferLeadership(request.to, reply => callback(null, reply));
      },
      ChangeMembers: ({ request }, callback) => {
        const refusal = this.#wrongCluster(request);
        if (refusal !== undefined) callback(null, { refused: refusal });
        else changeMembers(this.#context, request, reply => callback(null, reply));
      },
      Backup: call => serveBackup(this.#context, call),
      DescribeServer: ({ request }, callback) => {
        const refusal = this.#wrongCluster(request);
        if (refusal !== undefined) callback(null, { refused: refusal });
        else {
          const description = describeServer(this.#context, this.#gate.leaseRemainingMs());
          callback(null, { description });
        }
      },
    };
  }

  #wrongCluster(request: Parameters<typeof wrongCluster>[1]): Refused | undefined {
    return wrongCluster(this.#context.cluster(), request);
  }

  #notLeader(leader = this.#context.host.view().leader): Refused {
    return notLeader(leader);
  }

  #readKeys(request: ReadKeysRequest, reply: (reply: ReadKeysReply) => void): void {
    const wrong = this.#wrongCluster(request);
    const consistency = readConsistency(request.consistency);
    if (wrong !== undefined || consistency === undefined) {
      reply({ refused: wrong ?? refused('REFUSAL_INVALID', 'there is no such consistency') });
      return;
    }
    const { applyLoop, textRecords, host } = this.#context;
    const { state } = applyLoop;
    if (host.view().role === 'leader') {
      textRecords?.tell({ type: 'requestReceived', operation: rangeText(request) });
    }
    this.#gate.read(
      { ...request, consistency },
      () => ({ ...readKeys(state, request), view: this.#view() }),
      answer => {
        if (answer.value === undefined) reply({ refused: refusedByHost(answer.refused) });
        else if ('refused' in answer.value) {
          reply({ refused: refusedByHost(answer.value.refused) });
        } else {
          const { page, view } = answer.value;
          const { next, entries, revision } = page;
          const more = next === undefined ? {} : { next };
          const { warrant } = answer;
          const wireWarrant = { ...warrant, consistency: writeConsistency(warrant.consistency) };
          reply({ page: { entries: [...entries], revision, ...more, view, ...wireWarrant } });
        }
      },
    );
  }

  #transferLeadership(
    to: string | undefined,
    reply: (reply: TransferLeadershipReply) => void,
  ): void {
    const { requests, host } = this.#context;
    if (host.view().role !== 'leader') {
      reply({ refused: this.#notLeader() });
      return;
    }
    const heir = to === undefined || to === '' ? undefined : (to as NodeId);
    requests.transferLeadership(heir, answer => {
      if (answer.type === 'transferred') reply({ isDone: true });
      else reply({ refused: refusedByCore(answer) });
    });
  }

  /** How current this server is. */
  #view() {
    const { host, nodeId, applyLoop } = this.#context;
    const { term, leader, knownCommitIndex } = host.view();
    return {
      server: nodeId,
      term,
      appliedIndex: applyLoop.state.appliedIndex,
      knownCommitIndex,
      ...(leader === undefined ? {} : { leader }),
    };
  }

  #openSession(request: OpenSessionRequest, reply: (reply: OpenSessionReply) => void): void {
    const { nonce } = request;
    const wrong = this.#wrongCluster(request);
    if (wrong !== undefined || nonce.length > 64) {
      reply({ refused: wrong ?? refused('REFUSAL_INVALID', 'the nonce is too long') });
      return;
    }
    const full = this.#diskFull();
    if (full !== undefined) {
      reply({ refused: full });
      return;
    }
    const { requests } = this.#context;
    requests.propose([encodeCommand({ kind: 'openSession', nonce })], answer => {
      if (answer.type !== 'appended') {
        reply({ refused: refusedByCore(answer) });
        return;
      }
      requests.resultAt(answer.position, result => {
        if (result?.kind === 'sessionOpened') reply({ sessionId: result.session });
        else reply({ refused: this.#notLeader() });
      });
    });
  }

  #putEntries(call: ServerDuplexStream<PutRequest, PutEntriesReply>): void {
    call.sendMetadata(new Metadata());
    const assembly = new Assembly(this.#room);
    call.on('data', (request: PutRequest) => {
      this.#put(request, assembly, reply => {
        if (call.writableLength > replyBacklogMaxMessages) call.end();
        else call.write(reply);
      });
    });
    const stop = (): void => assembly.drop();
    call.on('end', () => call.end());
    call.on('error', stop);
    call.on('cancelled', stop);
    call.on('close', stop);
  }

  #put(request: PutRequest, assembly: Assembly, write: (reply: PutEntriesReply) => void): void {
    const { requestId } = request;
    const { commands, refusal } = this.#readPut(request, assembly);
    if (refusal !== undefined) write({ requestId, refused: refusal });
    if (commands === undefined) return;
    this.#noteRequests(commands);
    // They are taken or refused together: the first answer speaks for all of them.
    let isAnswered = false;
    this.#context.requests.propose(commands, answer => {
      if (isAnswered) return;
      isAnswered = true;
      if (answer.type === 'appended') write({ requestId, accepted: answer.position });
      else write({ requestId, refused: refusedByCore(answer) });
    });
  }

  /** Neither commands nor a refusal while parts are missing. */
  #readPut(
    request: PutRequest,
    assembly: Assembly,
  ): { readonly commands?: readonly Uint8Array[]; readonly refusal?: Refused } {
    const isPart = request.piece !== null;
    const wrong = this.#wrongCluster(request);
    if (wrong !== undefined) return { refusal: wrong };
    // Who does not lead takes no parts: the rest of them need not come.
    if (isPart && this.#context.host.view().role !== 'leader') {
      return { refusal: this.#notLeader() };
    }
    try {
      const commands = readCommands(request, assembly);
      if (commands === undefined) return {};
      const refusal =
        refusalOfCommands(commands) ??
        this.#diskFull() ??
        refusedKeys(withoutRoom(this.#context, commands));
      return refusal === undefined ? { commands } : { refusal };
    } catch (error) {
      const reason = error instanceof NoRoomForParts ? 'REFUSAL_OVERLOADED' : 'REFUSAL_INVALID';
      return { refusal: refused(reason, reasonOf(error)) };
    }
  }

  /** Of a leader: anybody else says who leads. */
  #diskFull(): Refused | undefined {
    const { isDiskFull, host } = this.#context;
    return isDiskFull() && host.view().role === 'leader' ? diskFull : undefined;
  }

  #noteRequests(commands: readonly Uint8Array[]): void {
    const { textRecords, host } = this.#context;
    if (textRecords === undefined || host.view().role !== 'leader') return;
    for (const command of commands) textRecords.requested(command);
  }

  #ackEntries(call: ServerWritableStream<AckRequest, AckEntriesReply>): void {
    const { sessionId } = call.request;
    const refusal = this.#wrongCluster(call.request) ?? this.#refusalOfSession(sessionId);
    if (refusal !== undefined) {
      call.write({ ended: refusal });
      call.end();
      return;
    }
    const { requests, host } = this.#context;
    const acks = new AckStream(call, {
      intervalMs: host.view().timings.heartbeatIntervalMs,
      isBusy: () => host.view().isCommitting,
    });
    const unsubscribe = requests.subscribe(sessionId, {
      acknowledged: ({ sequence, position, result }) =>
        acks.push({ sequence, position, result: Buffer.from(encodeResult(result)) }),
      ended: leader => acks.end(this.#notLeader(leader)),
    });
    const stop = (): void => {
      acks.stop();
      unsubscribe();
    };
    call.on('cancelled', stop);
    call.on('error', stop);
    call.on('close', stop);
  }

  #refusalOfSession(sessionId: number): Refused | undefined {
    if (!Number.isSafeInteger(sessionId)) {
      return refused('REFUSAL_INVALID', 'there is no such session');
    }
    return this.#context.host.view().role === 'leader' ? undefined : this.#notLeader();
  }

  /** Calls back at once, or when this server has shown that it leads and has applied enough. */
  #whenReadable(
    request: Parameters<typeof wrongCluster>[1],
    isLinearizable: boolean,
    run: (refusal: Refused | undefined) => void,
  ): void {
    const wrong = this.#wrongCluster(request);
    if (wrong !== undefined || !isLinearizable) {
      run(wrong);
      return;
    }
    const { requests, applyLoop } = this.#context;
    requests.confirmLeadership(answer => {
      if (answer.type !== 'readable') run(this.#notLeader());
      else {
        requests.whenApplied(answer.index, applyLoop.state.appliedIndex, isApplied =>
          run(isApplied ? undefined : refusedByHost(notApplied(answer.index))),
        );
      }
    });
  }

  async #page({ from, limit }: { from: number; limit: number }) {
    const { applyLoop, log, archive, timers } = this.#context;
    const { state } = applyLoop;
    const entries = await readJournal(
      { state, log, archive, timers },
      {
        from: Math.max(1, from),
        limit: Math.min(limit, pageMaxEntries),
      },
    );
    return {
      entries: entries.map(entry => ({ ...entry, data: Buffer.from(entry.data) })),
      lastSeq: state.journal.lastSeq,
      firstKept: firstKeptSeq({ archive }),
      view: this.#view(),
    };
  }

  #batch(batchId: string) {
    const { appliedIndex, journal } = this.#context.applyLoop.state;
    const placement = journal.byBatchId.get(batchId);
    if (placement === undefined) {
      return { notFound: { appliedIndex, rememberedCount: journal.rememberedMax } };
    }
    const { first, last, term, index } = placement;
    return { found: { firstSeq: first, count: last - first + 1, position: { term, index } } };
  }
}

/** Another server may have what cannot be read here. */
function unreadable(error: unknown): { refused: Refused } {
  if (!(error instanceof UnreadableObjects)) throw error;
  return { refused: refused('REFUSAL_UNREADABLE', error.message) };
}
